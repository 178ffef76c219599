import Glibc
import LinuxIO

/// A guest's Unix datagram socket.
final class DatagramGuest {
  let number: Int32

  /// - Parameters:
  ///   - name: a path, or `@` and an abstract name; nil: none.
  ///   - peer: whom it is connected to; nil: it is not.
  init(_ name: String?, connectedTo peer: String? = nil) throws {
    number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if let name { try unsafe Self.with(name) { unsafe bind(number, $0, $1) } }
    if let peer { try unsafe Self.with(peer) { unsafe connect(number, $0, $1) } }
  }

  deinit { _ = Glibc.close(number) }

  /// Waits while the receiver's queue is full.
  /// - Returns: whether it was sent.
  @discardableResult
  func send(_ bytes: [UInt8], to peer: String) throws -> Bool {
    try unsafe Self.with(peer) { unsafe Int32(sendto(number, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1)) } >= 0
  }

  /// The next message; nil: none in time.
  func receive(within milliseconds: Int32 = 2_000) -> [UInt8]? {
    var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, milliseconds) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : Array(bytes[..<count])
  }

  @discardableResult
  private static func with(
    _ name: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(name.utf8)
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, socklen_t(2 + bytes.count)) }
    }
    if result < 0 { throw Errno.current }
    return result
  }
}
