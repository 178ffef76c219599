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
    if let local = try? UnixAddress(of: socket) { return local.path.flatMap { $0.hasPrefix("/") ? $0 : nil } }
    return isDatagram ? nil : (try? SocketAddress(of: socket))?.description
  }
}
