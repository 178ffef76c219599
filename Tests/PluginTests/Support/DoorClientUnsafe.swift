import CTransport
import Glibc
import LinuxIO

/// A client of a door of `socket`, in the host's hands until it has its port. The guest's end is a socket of the test's.
@safe
final class DoorClient {
  let client: UnsafeMutablePointer<umbel_client>
  private let directory: UnsafeMutablePointer<CChar>?
  private var isTaken = false

  /// - Parameters:
  ///   - door: the index in the transport's table.
  ///   - user: who the kernel says that the peer is.
  init(_ descriptor: Int32, door: UInt32, type: UInt32, user: UInt32, directory: String?) {
    unsafe self.directory = directory.map { unsafe strdup($0) }
    unsafe client = .allocate(capacity: 1)
    unsafe client.initialize(to: umbel_client())
    unsafe client.pointee.size = UInt32(MemoryLayout<umbel_client>.size)
    unsafe client.pointee.door = door
    unsafe client.pointee.descriptor = descriptor
    unsafe client.pointee.socket_type = type
    unsafe client.pointee.user = user
    unsafe client.pointee.process = 4_711
    unsafe client.pointee.directory = unsafe UnsafePointer(self.directory)
  }

  /// As the host gives up a client that it has not opened.
  deinit {
    if !isTaken {
      unsafe Transport.socket.pointee.abandon(client)
      unsafe close(client.pointee.descriptor)
    }
    unsafe client.deallocate()
    unsafe free(directory)
  }

  /// Calls accept once.
  /// - Returns: whether the handshake is complete.
  func accept() throws -> Bool {
    var problem = umbel_problem()
    problem.size = UInt32(MemoryLayout<umbel_problem>.size)
    problem.option = UMBEL_NO_OPTION
    let result = unsafe Transport.socket.pointee.accept(client, &problem)
    if result < 0 { throw Refusal(code: -result, problem, []) }
    return result == 1
  }

  /// Opens the client's port.
  func open() throws -> DrivenPort {
    let given = unsafe DrivenPort.Client(
      descriptor: client.pointee.descriptor, type: client.pointee.socket_type, accepted: self)
    let port = try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, client: given)
    isTaken = true
    return port
  }
}
