// Local sockets: AF_UNIX listening, connecting, accepting, and pairs.
//
// Every descriptor made here is close-on-exec. Accepted sockets and pairs made non-blocking say "would block" as a value
// (`Transfer.wouldBlock`), never as an error.

internal import CLinux
import Glibc

/// What a local socket can be asked for.
package enum UnixSocket {
  /// How bytes keep together.
  package enum Kind: Sendable {
    /// A byte stream; `SOCK_STREAM`.
    case stream
    /// Messages, each whole, connected, with end-of-file; `SOCK_SEQPACKET`.
    case seqpacket
    /// Messages, each whole, without end-of-file; `SOCK_DGRAM`.
    case datagram

    var type: Int32 {
      switch self {
      case .stream: Int32(SOCK_STREAM.rawValue)
      case .seqpacket: Int32(SOCK_SEQPACKET.rawValue)
      case .datagram: Int32(SOCK_DGRAM.rawValue)
      }
    }
  }

  /// What a read or a write came to.
  package enum Transfer: Hashable, Sendable {
    /// So many bytes were moved; of a message read, as many as fitted.
    case bytes(Int)
    /// Nothing could be moved now.
    case wouldBlock
    /// Reading only: the peer will send nothing more.
    case end
  }

  /// Both ends of a pair. Frozen, so that other modules may take it apart (SE-0429).
  @frozen package struct Pair: ~Copyable {
    package let first: Descriptor
    package let second: Descriptor
  }

  /// The longest path of a socket, in bytes: `sun_path` without its NUL, unix(7).
  package static let longestPath = 107

  /// Binds a socket to `path` and, unless it is a datagram socket, listens. Non-blocking.
  ///
  /// A socket left at `path` by a program that has ended is replaced; one that answers is not. Nobody can connect before
  /// mode and group are set: the file begins with mode 0, and listens last.
  /// - Parameters:
  ///   - path: at most `longestPath` bytes; its directory must exist.
  ///   - mode: permission bits, whatever the umask.
  ///   - group: who owns the file; nil leaves the process's group.
  ///   - backlog: how many connections may wait for `accept`.
  ///   - wantsCredentials: whether each message comes with its sender's (SO_PASSCRED), from the first on.
  /// - Throws: `EADDRINUSE` when something answers at `path` or it is no socket, `ENAMETOOLONG`, `ENOTSOCK` and `EPERM`
  ///   when somebody has put another file in its place, and what bind(2), chown(2) and listen(2) report.
  package static func listen(
    at path: String, kind: Kind, mode: UInt32, group: UInt32? = nil, backlog: Int32 = 64,
    wantsCredentials: Bool = false
  ) throws(Errno) -> Descriptor {
    let socket = try make(kind, nonBlocking: true)
    let number = socket.number
    if wantsCredentials { try setSocketOption(number, SOL_SOCKET, SO_PASSCRED, 1) }
    // unix(7): the mode of the file that bind makes is that of the socket's own inode.
    _ = try retrying { fchmod(number, 0) }
    do throws(Errno) {
      try bind(number, to: path)
    } catch {
      guard error.code == EADDRINUSE, isAbandoned(path, kind) else { throw error }
      _ = try retrying { unsafe unlink(path) }
      try bind(number, to: path)
    }
    // Where others can write in the directory, the name may be another file's by now, or a link.
    let file = try SocketFile(at: path)
    do throws(Errno) {
      try file.setAccess(mode: mode, group: group)
      if kind != .datagram { _ = try retrying { Glibc.listen(number, backlog) } }
    } catch {
      // Of mode 0, it would pass for one that is in use.
      unsafe unlink(path)
      throw error
    }
    return socket
  }

  /// Connects to `path`, blocking.
  /// - Parameters:
  ///   - timeoutMilliseconds: bounds the connecting and every later read and write of this socket; nil: none.
  /// - Throws: `ENOENT` and `ECONNREFUSED` when nobody listens, `EACCES` when the file's mode forbids, `EAGAIN` after the
  ///   time, `EPROTOTYPE` when the socket there is of another kind.
  package static func connect(
    to path: String, kind: Kind, timeoutMilliseconds: Int? = nil
  ) throws(Errno) -> Descriptor {
    let socket = try make(kind, nonBlocking: false)
    if let timeoutMilliseconds { try setTimeout(of: socket.number, milliseconds: timeoutMilliseconds) }
    try connect(socket.number, to: path)
    return socket
  }

  /// Takes the next connection, non-blocking.
  /// - Returns: nil when none waits.
  /// - Throws: `EMFILE` and the like; the connection then still waits.
  package static func accept(from listener: borrowing Descriptor) throws(Errno) -> Descriptor? {
    let number = listener.number
    do throws(Errno) {
      return Descriptor(owning: try retrying { clinux_accept(number) })
    } catch {
      // accept(2): a connection that ended while it waited is none.
      if error.code == EAGAIN || error.code == ECONNABORTED { return nil }
      throw error
    }
  }

  /// Two sockets connected to each other.
  package static func pair(_ kind: Kind, nonBlocking: Bool) throws(Errno) -> Pair {
    let type = kind.type | Int32(SOCK_CLOEXEC.rawValue) | (nonBlocking ? Int32(SOCK_NONBLOCK.rawValue) : 0)
    var numbers: (Int32, Int32) = (-1, -1)
    _ = try retrying {
      unsafe withUnsafeMutablePointer(to: &numbers) { pointer in
        unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) { unsafe socketpair(AF_UNIX, type, 0, $0) }
      }
    }
    return Pair(first: Descriptor(owning: numbers.0), second: Descriptor(owning: numbers.1))
  }

  /// Whether the file at `path` is a socket that nobody listens on.
  private static func isAbandoned(_ path: String, _ kind: Kind) -> Bool {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
    do throws(Errno) {
      let probe = try make(kind, nonBlocking: true)
      try connect(probe.number, to: path)
      return false
    } catch {
      return error.code == ECONNREFUSED
    }
  }

  static func make(_ kind: Kind, nonBlocking: Bool) throws(Errno) -> Descriptor {
    let type = kind.type | Int32(SOCK_CLOEXEC.rawValue) | (nonBlocking ? Int32(SOCK_NONBLOCK.rawValue) : 0)
    return Descriptor(owning: try retrying { socket(AF_UNIX, type, 0) })
  }
}
