import CTransport
import Glibc
import LinuxIO

/// A client of a door, or the agent's end of a pair that was handed out, until a transport has taken it over.
@safe
final class DoorClient {
  let client: UnsafeMutablePointer<umbel_client>
  private let transport: UnsafePointer<umbel_transport>
  private var isTaken = false

  /// - Parameters:
  ///   - descriptor: non-blocking and close-on-exec; owned by this value until `taken`.
  ///   - directory: where the transport may make sockets for the client; nil: nowhere.
  init(
    descriptor: consuming Descriptor, socketType: Int32, door: UInt32?, peer: GuestIdentity.Peer,
    directory: String? = nil, transport: UnsafePointer<umbel_transport>
  ) {
    unsafe client = unsafe Self.make(descriptor.release(), socketType, door: door, peer, directory)
    unsafe self.transport = transport
  }

  /// A sender of a datagram door, which has no descriptor.
  /// - Parameter state: as the transport announced it.
  init(sender state: UInt, door: UInt32, peer: GuestIdentity.Peer, transport: UnsafePointer<umbel_transport>) {
    unsafe client = unsafe Self.make(-1, Int32(SOCK_DGRAM.rawValue), door: door, peer, nil)
    unsafe client.pointee.state = UnsafeMutableRawPointer(bitPattern: state)
    unsafe self.transport = transport
  }

  /// A guest of the process before, whose descriptors its transport adopts.
  init(
    adopting socketType: Int32, door: UInt32?, peer: GuestIdentity.Peer, directory: String?,
    transport: UnsafePointer<umbel_transport>
  ) {
    unsafe client = unsafe Self.make(-1, socketType, door: door, peer, directory)
    unsafe self.transport = transport
  }

  var socketType: Int32 { unsafe Int32(client.pointee.socket_type) }

  private static func make(
    _ descriptor: Int32, _ socketType: Int32, door: UInt32?, _ peer: GuestIdentity.Peer, _ directory: String?
  ) -> UnsafeMutablePointer<umbel_client> {
    let client = UnsafeMutablePointer<umbel_client>.allocate(capacity: 1)
    unsafe client.initialize(to: umbel_client())
    unsafe client.pointee.size = UInt32(MemoryLayout<umbel_client>.size)
    unsafe client.pointee.door = door ?? UMBEL_NO_DOOR
    unsafe client.pointee.descriptor = descriptor
    unsafe client.pointee.socket_type = UInt32(socketType)
    // strdup fails only when memory is at an end, where nothing of this process goes on.
    unsafe client.pointee.directory = directory.map { unsafe UnsafePointer(strdup($0)!) }
    switch peer {
    case .local(let userId, let groupId, let processId):
      unsafe client.pointee.user = userId
      unsafe client.pointee.group = groupId
      unsafe client.pointee.process = processId
    case .internet(let address):
      // Nobody's numbers, as the kernel writes those it does not know.
      unsafe client.pointee.user = .max
      unsafe client.pointee.group = .max
      unsafe client.pointee.address = UnsafePointer(strdup(address)!)
    }
    return unsafe client
  }

  var descriptor: Int32 { unsafe client.pointee.descriptor }

  /// The transport's `open` has succeeded: descriptor and state are its own now.
  func taken() { isTaken = true }

  deinit {
    if !isTaken {
      unsafe transport.pointee.abandon?(client)
      if unsafe client.pointee.descriptor >= 0 { unsafe _ = Glibc.close(client.pointee.descriptor) }
    }
    unsafe free(UnsafeMutablePointer(mutating: client.pointee.directory))
    unsafe free(UnsafeMutablePointer(mutating: client.pointee.address))
    unsafe client.deallocate()
  }
}
