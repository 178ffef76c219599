internal import CLinux
import Glibc

/// Where a socket can be reached.
package enum ListeningPlace {
  /// The path, or the address with its port, at which a socket listens, or, of a datagram socket, to which it is bound.
  /// - Returns: nil: it is no such socket, or its name is abstract.
  package static func of(_ socket: Int32) -> String? {
    guard let type = try? socketOption(socket, SOL_SOCKET, SO_TYPE) else { return nil }
    let isDatagram = type == Int32(SOCK_DGRAM.rawValue)
    guard isDatagram || (try? socketOption(socket, SOL_SOCKET, SO_ACCEPTCONN)) == 1 else { return nil }
    if (try? socketOption(socket, SOL_SOCKET, SO_DOMAIN)) == AF_UNIX { return path(of: socket) }
    return isDatagram ? nil : (try? SocketAddress(of: socket))?.description
  }

  private static func path(of socket: Int32) -> String? {
    var name = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = unsafe withUnsafeMutablePointer(to: &name) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
    }
    guard result == 0 else { return nil }
    let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
    let bytes = unsafe withUnsafeBytes(of: &name) { unsafe Array($0[offset..<max(offset, min(Int(length), $0.count))]) }
    let path = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return path.hasPrefix("/") ? path : nil
  }
}
