import Glibc
import LinuxIO

/// A station at the far end of a cable: a UDP socket of loopback that speaks to the UDP port of an agent's port.
final class Station {
  let address: MACAddressBytes
  /// The agent's end of the cable.
  let agentPort: UInt16
  /// This end.
  let ownPort: UInt16
  private let socket: Descriptor
  private var buffer = [UInt8](repeating: 0, count: 70_000)

  /// - Parameter number: makes the station's address.
  init(_ number: UInt8) throws {
    address = [0x02, 0, 0, 0, 0, number]
    agentPort = try Self.freePort()
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    let made = Descriptor(owning: try retrying { Glibc.socket(AF_INET, type, 0) })
    try setSocketOption(made.number, SOL_SOCKET, SO_RCVBUF, 1 << 20)
    try unsafe Self.apply(bind, made.number, 0)
    ownPort = try Self.port(of: made.number)
    try unsafe Self.apply(connect, made.number, agentPort)
    socket = made
  }

  /// `port` and `peer-port` of the agent's end.
  var options: [String: String] { ["port": "\(agentPort)", "peer-port": "\(ownPort)"] }

  /// The same, as they stand in a configuration.
  var yaml: String { "port: \(agentPort), peer-port: \(ownPort)" }

  /// Sends a datagram; one that is refused since nobody listens is no error here.
  func send(_ bytes: [UInt8]) throws {
    // A refusal is about an earlier datagram, and is reported once, instead of a send.
    if unsafe Glibc.send(socket.number, bytes, bytes.count, 0) >= 0 { return }
    guard errno == ECONNREFUSED else { throw Errno.current }
    _ = unsafe Glibc.send(socket.number, bytes, bytes.count, 0)
  }

  /// The next datagram; nil: none came in time.
  func receive(within milliseconds: Int = 2_000) throws -> [UInt8]? {
    let deadline = monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
    while true {
      let now = monotonicNanoseconds()
      var entry = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
      let rest = deadline > now ? Int32((deadline - now + 999_999) / 1_000_000) : 0
      guard unsafe poll(&entry, 1, rest) > 0 else { return nil }
      let count = unsafe recv(socket.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count >= 0 { return Array(buffer[..<count]) }
      if errno != ECONNREFUSED && errno != EAGAIN { throw Errno.current }
    }
  }

  /// The next frame to this station, whatever comes in between.
  func receiveOwn(within milliseconds: Int = 2_000) throws -> [UInt8]? {
    let deadline = monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
    while true {
      let now = monotonicNanoseconds()
      guard let bytes = try receive(within: deadline > now ? Int((deadline - now) / 1_000_000) : 0) else { return nil }
      if bytes.starts(with: address) { return bytes }
    }
  }

  /// Forgets what has come.
  func drain() throws { while try receive(within: 0) != nil {} }

  // MARK: Sockets

  /// A UDP port of loopback that nobody has at the moment.
  private static func freePort() throws(Errno) -> UInt16 {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    let probe = Descriptor(owning: try retrying { Glibc.socket(AF_INET, type, 0) })
    try unsafe apply(bind, probe.number, 0)
    return try port(of: probe.number)
  }

  private static func apply(
    _ call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ socket: Int32, _ port: UInt16
  ) throws(Errno) {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    _ = try retrying {
      unsafe withUnsafePointer(to: &name) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe call(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
  }

  private static func port(of socket: Int32) throws(Errno) -> UInt16 {
    var name = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = try retrying {
      unsafe withUnsafeMutablePointer(to: &name) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
      }
    }
    return UInt16(bigEndian: name.sin_port)
  }
}
