internal import CLinux
import Glibc

extension UnixSocket {
  /// Reads what is at hand, at most `buffer.count` bytes, to the buffer's beginning. Descriptors sent along are closed by
  /// the kernel, unseen.
  /// - Throws: what recv(2) reports; a peer that vanished (`ECONNRESET`) is `end`.
  package static func read(from socket: borrowing Descriptor, into buffer: inout [UInt8]) throws(Errno) -> Transfer {
    let number = socket.number
    let size = buffer.count
    let count: Int
    do throws(Errno) {
      count = try retrying { unsafe recv(number, &buffer, size, 0) }
    } catch {
      return try transfer(for: error)
    }
    return count == 0 ? .end : .bytes(count)
  }

  /// Writes as many of `bytes` as the socket takes now. Never raises SIGPIPE.
  /// - Throws: `EPIPE` or `ECONNRESET` when the peer is gone, and what send(2) reports.
  package static func write(_ bytes: ArraySlice<UInt8>, to socket: borrowing Descriptor) throws(Errno) -> Transfer {
    let number = socket.number
    do throws(Errno) {
      return .bytes(
        try retrying {
          unsafe bytes.withUnsafeBytes { unsafe Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        })
    } catch {
      if error.code == EAGAIN { return .wouldBlock }
      throw error
    }
  }

  /// `recv`'s failure as a value where it is one.
  static func transfer(for error: Errno) throws(Errno) -> Transfer {
    switch error.code {
    case EAGAIN: return .wouldBlock
    case ECONNRESET: return .end
    default: throw error
    }
  }

  static func bind(_ socket: Int32, to path: String) throws(Errno) {
    try unsafe withAddress(path) { (address, length) throws(Errno) in
      _ = try retrying { unsafe Glibc.bind(socket, address, length) }
    }
  }

  static func connect(_ socket: Int32, to path: String) throws(Errno) {
    try unsafe withAddress(path) { (address, length) throws(Errno) in
      _ = try retrying { unsafe Glibc.connect(socket, address, length) }
    }
  }

  static func setTimeout(of socket: Int32, milliseconds: Int) throws(Errno) {
    var time = timeval(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
    let length = socklen_t(MemoryLayout<timeval>.size)
    _ = try retrying { unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, length) }
    _ = try retrying { unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, length) }
  }

  /// Calls `body` with a `sockaddr_un` of `path` and its length in bytes, NUL included.
  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> Void
  ) throws(Errno) {
    let bytes = Array(path.utf8)
    // A NUL would cut the name short; an empty path would bind to a name the kernel makes up.
    if bytes.isEmpty || bytes.contains(0) { throw Errno(EINVAL) }
    if bytes.count > longestPath { throw Errno(ENAMETOOLONG) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count + 1)
    try unsafe withUnsafePointer(to: &address) { (pointer) throws(Errno) in
      let general = unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
      try unsafe body(general, length)
    }
  }
}
