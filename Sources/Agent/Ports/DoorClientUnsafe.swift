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
    descriptor: consuming Descriptor, socketType: Int32, door: UInt32?, user: UInt32, group: UInt32, process: Int32,
    directory: String? = nil, transport: UnsafePointer<umbel_transport>
  ) {
    // strdup fails only when memory is at an end, where nothing of this process goes on.
    unsafe client = .allocate(capacity: 1)
    unsafe client.initialize(
      to: umbel_client(
        size: UInt32(MemoryLayout<umbel_client>.size), door: door ?? UMBEL_NO_DOOR, descriptor: descriptor.release(),
        socket_type: UInt32(socketType), user: user, group: group, process: process, zero: 0, state: nil, address: nil,
        directory: directory.map { unsafe UnsafePointer(strdup($0)!) }))
    unsafe self.transport = transport
  }

  var descriptor: Int32 { unsafe client.pointee.descriptor }

  /// The transport's `open` has succeeded: descriptor and state are its own now.
  func taken() { isTaken = true }

  deinit {
    if !isTaken {
      unsafe transport.pointee.abandon?(client)
      unsafe _ = Glibc.close(client.pointee.descriptor)
    }
    unsafe free(UnsafeMutablePointer(mutating: client.pointee.directory))
    unsafe client.deallocate()
  }
}
