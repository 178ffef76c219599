internal import CLinux
import Glibc

/// TCP sockets, IPv4 and IPv6.
package enum InternetSocket {
  /// Listens at an address, non-blocking; an IPv6 address takes IPv6 alone.
  /// - Throws: `EADDRNOTAVAIL` when the address is not of this host, `EADDRINUSE`, `EACCES`, and what else bind(2) and
  ///   listen(2) report.
  package static func listen(at address: SocketAddress, backlog: Int32) throws(Errno) -> Descriptor {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let family = address.address.family
    let socket = Descriptor(owning: try retrying { Glibc.socket(family, type, 0) })
    let number = socket.number
    // Connections of an earlier agent that are still ending do not keep this one away.
    try setSocketOption(number, SOL_SOCKET, SO_REUSEADDR, 1)
    if family == AF_INET6 { try setSocketOption(number, IPPROTO.ipv6, IPV6_V6ONLY, 1) }
    _ = try retrying { unsafe address.withSockaddr { unsafe bind(number, $0, $1) } }
    _ = try retrying { Glibc.listen(number, backlog) }
    return socket
  }

  /// The address at the other end.
  package static func peer(of socket: borrowing Descriptor) throws(Errno) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let number = socket.number
    let result = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getpeername(number, $0, &length) }
    }
    if result < 0 { throw Errno.current }
    guard let found = unsafe withUnsafeBytes(of: &storage, { unsafe SocketAddress(reading: $0) }) else {
      throw Errno(EAFNOSUPPORT)
    }
    return found
  }
}
