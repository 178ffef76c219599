import Glibc
import LinuxIO
import Testing

/// A listening stream socket: what a port with the option `connect` is a client of.
final class StreamServer {
  let number: Int32

  /// Listens at a Unix path.
  init(path: String) throws {
    number = try UnixSocket.listen(at: path, kind: .stream, mode: 0o600).release()
  }

  /// Listens at 127.0.0.1 or ::1.
  /// - Parameter port: 0: any.
  init(_ address: String, port: UInt16 = 0) throws {
    let name = SocketAddress(try #require(IPAddress(address)), port: port)
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    number = try retrying { socket(name.address.family, type, 0) }
    try setSocketOption(number, SOL_SOCKET, SO_REUSEADDR, 1)
    var storage = sockaddr_storage()
    let length = unsafe withUnsafeMutableBytes(of: &storage) { unsafe name.write(to: $0) }
    let number = self.number
    _ = try unsafe withUnsafePointer(to: &storage) { (place) throws(Errno) in
      let place = unsafe UnsafeRawPointer(place).assumingMemoryBound(to: sockaddr.self)
      return try retrying { unsafe bind(number, place, socklen_t(length)) }
    }
    _ = try retrying { listen(number, 4) }
  }

  deinit { close(number) }

  var port: UInt16 { get throws { try SocketAddress(of: number).port } }

  /// The next connection; waits for it.
  func accept() throws -> GuestSocket {
    var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    try #require(unsafe poll(&entry, 1, 5_000) == 1)
    let number = self.number
    return GuestSocket(try retrying { Glibc.accept(number, nil, nil) })
  }
}
