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
  if let sender = client.state as? DatagramSender {
    return try DatagramGuestPort(sender, client, configuration, host: host)
  }
  return try DatagramDoorPort(client, configuration, host: host)
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
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let scratch = Glibc.socket(AF_UNIX, type, 0)
    guard scratch >= 0 else {
      throw TransportProblem("no socket to ask after guests: \(Errno.current)", code: errno)
    }
    shared = DatagramEndpoint(
      client.descriptor, scratch: scratch, door: client.door ?? 0,
      idleSeconds: Int((configuration.nanoseconds("idle") ?? 0) / 1_000_000_000), host: host)
    super.init(configuration, host: host)
    SocketPort.requestBuffer(configuration.size("buffers") ?? 4 << 20, of: client.descriptor, for: host)
    host.report(.up("receives for its guests"))
  }

  package override func statistics(_ counters: inout CounterList) { shared.report(nil, to: &counters) }
}

/// A guest of a datagram door.
package final class DatagramGuestPort: TransportPort {
  private let shared: DatagramEndpoint
  private let sender: DatagramSender
  /// Of a guest with a path: what it has bound, whatever the path leads to later.
  private let file: SocketFile?
  /// Where frames for the guest are sent, a `sockaddr_un`; empty: to its abstract name.
  private let target: [UInt8]
  /// Forwarding thread; read in `close`, when that has let go.
  private var hasStarted = false

  package override var endpoint: TransportEndpoint { shared }

  /// - Parameter sender: as it was announced.
  init(
    _ sender: DatagramSender, _ client: TransportClient, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    self.sender = sender
    shared = sender.endpoint
    let name = shared.name(of: sender.index)
    let file = name.hasPrefix("@") ? nil : try SocketFile(named: name, by: client)
    self.file = file
    target = file.map { Self.address($0.path) } ?? []
    super.init(configuration, host: host)
    host.report(.up("sends from \(name)", mostPieces: 8))
  }

  private static func address(_ path: String) -> [UInt8] {
    unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) } + Array(path.utf8) + [0]
  }

  package override func start() -> Int32 {
    hasStarted = true
    shared.start(sender.index, port: number, target: target, host: host)
    return 0
  }

  package override func stop() { shared.stop(sender.index) }

  package override func close() {
    // The forwarding thread never had it: its place is still taken.
    if !hasStarted { sender.abandon() }
  }

  package override func send(_ frames: SendBatch) -> SendOutcome { shared.send(frames, to: sender.index) }

  package override func statistics(_ counters: inout CounterList) { shared.report(sender.index, to: &counters) }
}
