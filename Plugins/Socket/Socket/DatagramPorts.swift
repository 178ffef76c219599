import CLinux
import Glibc
import LinuxIO
package import TransportKit

/// The port of a datagram door, or of one of its senders.
/// - Returns: nil: the client is of another kind, or there is none.
func datagramPort(
  _ configuration: PortConfiguration, _ host: HostPort
) throws(TransportProblem) -> TransportPort? {
  guard let client = configuration.client, client.door != nil, client.socketType == SOCK_DGRAM.rawValue else {
    return nil
  }
  // The door's own port comes with a descriptor, and is opened anew by every process.
  if client.descriptor >= 0 { return try DatagramDoorPort(client, configuration, host: host) }
  if let heritage = configuration.adopted {
    return try DatagramGuestPort(adopting: heritage, client, configuration, host: host)
  }
  guard let sender = client.state as? DatagramSender else {
    preconditionFailure("a sender's state comes back as it was announced")
  }
  return try DatagramGuestPort(sender, client, configuration, host: host)
}

/// A sender that was announced is not let in. Control thread.
func abandonSender(_ client: TransportClient) {
  (client.state as? DatagramSender)?.abandon()
}

/// The port of a datagram door itself: it receives for the guests, and no frames are sent to it.
package final class DatagramDoorPort: TransportPort {
  private let shared: DatagramEndpoint

  package override var endpoint: TransportEndpoint { shared }

  /// - Parameter client: the door, whose descriptor the port takes over.
  package init(
    _ client: TransportClient, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    guard let name = try? UnixAddress(of: client.descriptor) else {
      throw TransportProblem("the door's socket is no Unix socket", code: EAFNOSUPPORT)
    }
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let scratch = Glibc.socket(AF_UNIX, type, 0)
    guard scratch >= 0 else {
      throw TransportProblem("no socket to ask after guests: \(Errno.current)", code: errno)
    }
    shared = DatagramEndpoint(
      client.descriptor, name: name, scratch: scratch, door: client.door ?? 0,
      idleSeconds: Int((configuration.nanoseconds("idle") ?? 0) / 1_000_000_000), host: host)
    super.init(configuration, host: host)
    SocketPort.requestBuffer(configuration.size("buffers") ?? 4 << 20, of: client.descriptor, for: host)
    host.report(.up("receives for its guests"))
    DatagramEndpoints.add(shared, name: shared.name)
  }

  package override func close() { DatagramEndpoints.remove(shared) }

  package override func statistics(_ counters: inout CounterList) { shared.report(nil, to: &counters) }
}

/// A guest of a datagram door.
package final class DatagramGuestPort: TransportPort {
  private let shared: DatagramEndpoint
  private let address: UnixAddress
  private let credentials: SenderCredentials
  /// As it was announced; nil: the process before has let it in.
  private let sender: DatagramSender?
  /// Of a guest with a path: what it has bound, whatever the path leads to later.
  private let file: SocketFile?
  /// Where frames for the guest are sent, a `sockaddr_un`; empty: to its abstract name.
  private let target: [UInt8]
  /// Forwarding thread: its place in the endpoint's table; nil: it has none.
  private var place: Int?
  /// Forwarding thread; read in `close`, when that has let go.
  private var hasStarted = false

  package override var endpoint: TransportEndpoint { shared }

  /// - Parameter sender: as it was announced.
  convenience init(
    _ sender: DatagramSender, _ client: TransportClient, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    if sender.isSuperseded { throw TransportProblem("it has its port already", code: EEXIST) }
    try self.init(
      sender, sender.endpoint, at: sender.endpoint.address(of: sender.index), client, configuration, host: host)
  }

  /// A guest that the process before has let in.
  convenience init(
    adopting heritage: Heritage, _ client: TransportClient, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    _ = try heritage.sockets([])
    let fields = try heritage.fields(2)
    guard let door = UnixAddress(fields[0]), let address = UnixAddress(fields[1]),
      let endpoint = DatagramEndpoints.endpoint(named: door), address.bytes.count > 2
    else { throw Heritage.unreadable }
    try self.init(nil, endpoint, at: address, client, configuration, host: host)
  }

  private init(
    _ sender: DatagramSender?, _ endpoint: DatagramEndpoint, at address: UnixAddress, _ client: TransportClient,
    _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    self.sender = sender
    self.address = address
    shared = endpoint
    credentials = SenderCredentials(process: client.process ?? 0, user: client.user, group: client.group)
    let file = try address.path.map { path throws(TransportProblem) in try SocketFile(named: path, by: client) }
    self.file = file
    target = file.map { Self.address($0.path) } ?? []
    super.init(configuration, host: host)
    host.report(.up("sends from \(address)", mostPieces: 8))
  }

  private static func address(_ path: String) -> [UInt8] {
    unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) } + Array(path.utf8) + [0]
  }

  /// Its descriptor is the door's, which the host keeps: the names of both are enough.
  package override func handOver(isQuiet: Bool) -> Heritage? {
    Heritage(sockets: [], [shared.name.bytes, address.bytes])
  }

  package override func start() -> Int32 {
    hasStarted = true
    if let sender {
      place = sender.index
      shared.start(sender.index, port: number, target: target, host: host)
    } else {
      place = shared.adopt(address, credentials, port: number, target: target, host: host)
    }
    return 0
  }

  package override func stop() {
    if let place { shared.stop(place) }
  }

  package override func close() {
    // The forwarding thread never had it: its place is still taken.
    if !hasStarted { sender?.abandon() }
  }

  package override func send(_ frames: SendBatch) -> SendOutcome {
    place.map { shared.send(frames, to: $0) } ?? .rejected(ECONNREFUSED)
  }

  package override func statistics(_ counters: inout CounterList) {
    if let place { shared.report(place, to: &counters) }
  }
}
