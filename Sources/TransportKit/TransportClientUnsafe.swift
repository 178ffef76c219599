import CTransport

/// A client of a door: a connection that the host has accepted, a sender of a datagram door, or a descriptor that a
/// program handed over.
public struct TransportClient {
  /// The index of its door in ``TransportDefinition/doors``; nil: the descriptor was handed over.
  public let door: Int?
  /// Non-blocking, close-on-exec; -1: a sender of a datagram door, which has none of its own.
  public let descriptor: Int32
  /// `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_SEQPACKET`, as a number.
  public let socketType: UInt32
  /// The peer's user, by SO_PEERCRED.
  public let user: UInt32
  /// The peer's group, by SO_PEERCRED.
  public let group: UInt32
  /// The peer's process; nil: not known.
  public let process: Int32?
  /// An internet peer, `192.0.2.1:40312`: its user and group are then not known. nil: a client of this host.
  public let address: String?
  /// Where the transport may make sockets for this client: the absolute path of the door's own directory; nil:
  /// nowhere.
  public let directory: String?
  /// The transport's own, kept between accept and open.
  public var state: AnyObject?

  init(reading client: UnsafePointer<umbel_client>) {
    unsafe door = client.pointee.door == UMBEL_NO_DOOR ? nil : Int(client.pointee.door)
    unsafe descriptor = client.pointee.descriptor
    unsafe socketType = client.pointee.socket_type
    unsafe user = client.pointee.user
    unsafe group = client.pointee.group
    unsafe process = client.pointee.process == 0 ? nil : client.pointee.process
    unsafe address = TransportClient.text(client, \.address)
    unsafe directory = TransportClient.text(client, \.directory)
    if let kept = unsafe client.pointee.state {
      unsafe state = Unmanaged<AnyObject>.fromOpaque(kept).takeUnretainedValue()
    }
  }

  /// A text that the host gives; nil: none, or a host of before the field was added.
  private static func text(
    _ client: UnsafePointer<umbel_client>, _ field: KeyPath<umbel_client, UnsafePointer<CChar>?>
  ) -> String? {
    let end = unsafe MemoryLayout<umbel_client>.offset(of: field)! + MemoryLayout<UInt>.size
    guard unsafe Int(client.pointee.size) >= end else { return nil }
    return unsafe client.pointee[keyPath: field].map { unsafe String(cString: $0) }
  }

  /// Puts `state` into the C struct, which holds a reference of its own.
  func keepState(in client: UnsafeMutablePointer<umbel_client>) {
    let former = unsafe client.pointee.state
    unsafe client.pointee.state = state.map { unsafe Unmanaged.passRetained($0).toOpaque() }
    if let former = unsafe former { unsafe Unmanaged<AnyObject>.fromOpaque(former).release() }
  }

  /// Ends the C struct's reference.
  static func dropState(of client: UnsafeMutablePointer<umbel_client>) {
    if let kept = unsafe client.pointee.state { unsafe Unmanaged<AnyObject>.fromOpaque(kept).release() }
    unsafe client.pointee.state = nil
  }
}
