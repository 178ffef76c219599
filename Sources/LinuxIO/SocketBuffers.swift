import CLinux
import Glibc

/// The kernel's buffer of a socket, in one direction.
package enum SocketBuffer: Sendable {
  case receive, send

  /// The sysctl that limits what an unprivileged program gets (Linux, `Documentation/admin-guide/sysctl/net.rst`).
  package var limitingSysctl: String {
    switch self {
    case .receive: "net.core.rmem_max"
    case .send: "net.core.wmem_max"
    }
  }

  /// Asks for a buffer, above the system's limit where this process may (`CAP_NET_ADMIN`).
  /// - Parameters:
  ///   - bytes: the wanted size, as an administrator counts: without the doubling of socket(7).
  ///   - socket: any socket.
  /// - Returns: the size that is now in force, counted the same way.
  package func request(_ bytes: Int, of socket: Int32) -> Int {
    let (force, plain) = self == .receive ? (SO_RCVBUFFORCE, SO_RCVBUF) : (SO_SNDBUFFORCE, SO_SNDBUF)
    // The kernel doubles the number in 32 bits.
    let wanted = Int32(clamping: min(bytes, Int(Int32.max) / 2))
    if (try? setSocketOption(socket, SOL_SOCKET, force, wanted)) == nil {
      try? setSocketOption(socket, SOL_SOCKET, plain, wanted)
    }
    return Int((try? socketOption(socket, SOL_SOCKET, plain)) ?? 0) / 2
  }
}

/// Sets a socket option whose value is an `int`.
package func setSocketOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(Errno) {
  var value = value
  _ = try retrying { unsafe setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) }
}

/// Reads a socket option whose value is an `int`.
package func socketOption(_ socket: Int32, _ level: Int32, _ name: Int32) throws(Errno) -> Int32 {
  var value: Int32 = 0
  var length = socklen_t(MemoryLayout<Int32>.size)
  _ = try retrying { unsafe getsockopt(socket, level, name, &value, &length) }
  return value
}

/// How many datagrams the kernel has dropped because the socket's receive buffer was full, modulo 2³²: the last word of
/// `SO_MEMINFO` (`SK_MEMINFO_DROPS` of `<linux/sock_diag.h>`).
package func droppedDatagrams(of socket: Int32) throws(Errno) -> UInt32 {
  let dropsIndex = 8
  var words = SIMD16<UInt32>()
  var length = socklen_t(MemoryLayout.size(ofValue: words))
  _ = try retrying { unsafe getsockopt(socket, SOL_SOCKET, SO_MEMINFO, &words, &length) }
  return words[dropsIndex]
}
