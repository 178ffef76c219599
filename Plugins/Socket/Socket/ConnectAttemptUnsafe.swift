import CLinux
import Glibc
import LinuxIO
import TransportKit

/// A stream socket on its way to a peer.
struct ConnectAttempt {
  /// Non-blocking, close-on-exec; the caller's.
  let socket: Int32
  /// Whether the peer has answered already; else the socket becomes writable when it does, or when it will not.
  let isConnected: Bool

  /// Begins to connect, without waiting.
  static func begin(to address: SocketAddress) throws(Errno) -> ConnectAttempt {
    var storage = sockaddr_storage()
    let length = unsafe withUnsafeMutableBytes(of: &storage) { unsafe address.write(to: $0) }
    return unsafe try withUnsafeBytes(of: &storage) { (bytes) throws(Errno) in
      try unsafe begin(address.address.family, UnsafeRawBufferPointer(rebasing: bytes[..<length]))
    }
  }

  /// Connects to a Unix socket: done, or failed, at once.
  /// - Parameter path: at most `UnixSocket.longestPath` bytes.
  static func begin(to path: String) throws(Errno) -> ConnectAttempt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    return unsafe try withUnsafeBytes(of: &address) { (bytes) throws(Errno) in try unsafe begin(AF_UNIX, bytes) }
  }

  private static func begin(_ family: Int32, _ address: UnsafeRawBufferPointer) throws(Errno) -> ConnectAttempt {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = Descriptor(owning: try retrying { Glibc.socket(family, type, 0) })
    let number = descriptor.number
    tuneConnection(number)
    do throws(Errno) {
      _ = try retrying {
        unsafe connect(
          number, address.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
      }
    } catch {
      // Of a Unix socket, EAGAIN says that its backlog is full: it is an error, as the socket is not on its way.
      guard error.code == EINPROGRESS else { throw error }
      return ConnectAttempt(socket: descriptor.release(), isConnected: false)
    }
    return ConnectAttempt(socket: descriptor.release(), isConnected: true)
  }
}
