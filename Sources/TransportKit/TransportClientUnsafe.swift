import CTransport

/// A client of a door: a connection that the host has accepted, or a descriptor that a program handed over.
public struct TransportClient {
  /// The index of its door in ``TransportDefinition/doors``; nil: the descriptor was handed over.
  public let door: Int?
  /// Non-blocking, close-on-exec.
  public let descriptor: Int32
  /// `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_SEQPACKET`, as a number.
  public let socketType: UInt32
  /// The peer's user, by SO_PEERCRED.
  public let user: UInt32
  /// The peer's group, by SO_PEERCRED.
  public let group: UInt32
  /// The peer's process; nil: not known.
  public let process: Int32?
  /// The transport's own, kept between accept and open.
  public var state: AnyObject?

  init(reading client: UnsafePointer<umbel_client>) {
    unsafe door = client.pointee.door == UMBEL_NO_DOOR ? nil : Int(client.pointee.door)
    unsafe descriptor = client.pointee.descriptor
    unsafe socketType = client.pointee.socket_type
    unsafe user = client.pointee.user
    unsafe group = client.pointee.group
    unsafe process = client.pointee.process == 0 ? nil : client.pointee.process
    if let kept = unsafe client.pointee.state {
      unsafe state = Unmanaged<AnyObject>.fromOpaque(kept).takeUnretainedValue()
    }
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
