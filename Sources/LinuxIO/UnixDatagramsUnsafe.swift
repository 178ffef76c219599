internal import CLinux
import Glibc

extension UnixSocket {
  /// What a message is, and who sent it.
  package struct Received: Hashable, Sendable {
    /// The message's own length in bytes; more than the buffer's when it did not fit.
    package let length: Int
    /// Nil: the kernel does not say. Without supplementary groups.
    package let sender: PeerCredentials?
  }

  /// A datagram socket that has a name, connected to `path`: what receives from it can answer, and only that. Blocking.
  /// - Parameters:
  ///   - ownPath: the name; a file, which the caller removes. Nil: an abstract one that the kernel chooses, which is known
  ///     in this network namespace only.
  ///   - timeoutMilliseconds: bounds every later read and write.
  /// - Throws: `ENOENT` and `ECONNREFUSED` when nothing receives at `path`, `EACCES`, `ENAMETOOLONG`.
  package static func converse(
    with path: String, from ownPath: String? = nil, timeoutMilliseconds: Int
  ) throws(Errno) -> Descriptor {
    let socket = try make(.datagram, nonBlocking: false)
    try setTimeout(of: socket.number, milliseconds: timeoutMilliseconds)
    // In this order: where nothing receives, no file is made.
    try connect(socket.number, to: path)
    if let ownPath {
      try bind(socket.number, to: ownPath)
      // Whoever it is at the other end may belong to another user; others cannot send to a socket that is connected.
      try SocketFile(at: ownPath).setAccess(mode: 0o666, group: nil)
    } else {
      try bindToAnyName(socket.number)
    }
    return socket
  }

  /// Takes one message of a socket that wants credentials, to the buffer's beginning, without waiting. Descriptors sent
  /// along are closed by the kernel.
  /// - Returns: nil when there is none.
  package static func receiveWithSender(
    from socket: borrowing Descriptor, into buffer: inout [UInt8]
  ) throws(Errno) -> Received? {
    let number = socket.number
    let size = buffer.count
    var process: Int32 = -1
    var user: UInt32 = 0
    var group: UInt32 = 0
    let length: Int
    do throws(Errno) {
      length = try retrying { unsafe clinux_receive_with_sender(number, &buffer, size, &process, &user, &group) }
    } catch {
      if error.code == EAGAIN { return nil }
      throw error
    }
    let sender = PeerCredentials(processId: process, userId: user, groupId: group, groups: [])
    return Received(length: length, sender: process < 0 ? nil : sender)
  }

  /// unix(7), "Autobind feature": a bind of the family alone.
  private static func bindToAnyName(_ socket: Int32) throws(Errno) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    _ = try retrying {
      unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe Glibc.bind(socket, $0, socklen_t(MemoryLayout<sa_family_t>.size))
        }
      }
    }
  }
}
