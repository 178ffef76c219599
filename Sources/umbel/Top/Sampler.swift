import AgentAPI
import LinuxIO
import ManagementConsole

/// Asks the agent again and again, over one connection while that lasts.
final class Sampler {
  private let connection: Connection
  private let timeoutSeconds: Int
  private var client: AgentClient?
  // Which guest is behind a port is found out in /proc, once.
  private var guests: [Guest] = []
  private var names: [Int: String?] = [:]

  /// - Parameter timeoutSeconds: how long the agent may be silent.
  init(_ connection: Connection, timeoutSeconds: Int = 10) {
    self.connection = connection
    self.timeoutSeconds = timeoutSeconds
  }

  /// The agent and its ports.
  func status() throws(ClientError) -> Snapshot {
    try ask { client throws(ClientError) in
      let status = try client.call(Status.self, Nothing())
      return Snapshot(time: monotonicNanoseconds(), status: status, ports: try client.ports(of: nil))
    }
  }

  /// All that `umbel top` shows.
  func snapshot() throws(ClientError) -> Snapshot {
    try ask { client throws(ClientError) in
      let status = try client.call(Status.self, Nothing())
      let ports = try client.ports(of: nil)
      let time = monotonicNanoseconds()
      let peers = try client.peers(of: nil)
      let guests = try client.call(ListGuests.self, Nothing()).guests
      return Snapshot(time: time, status: status, ports: ports, peers: peers, guests: self.names(of: guests, at: ports))
    }
  }

  private func ask(_ body: (AgentClient) throws(ClientError) -> Snapshot) throws(ClientError) -> Snapshot {
    do throws(ClientError) {
      if let client { return try body(client) }
      let new = try connection.open(timeoutSeconds: timeoutSeconds)
      client = new
      return try body(new)
    } catch {
      // An agent that refuses a LAN goes on answering.
      if case .refused = error { throw error }
      client = nil
      throw error
    }
  }

  private func names(of known: [Guest], at ports: [Port]) -> [Int: String] {
    let known = known.map { guest in
      var guest = guest
      guest.announcedSecondsAgo = 0
      return guest
    }
    if known != guests {
      guests = known
      names = [:]
    }
    guard !guests.isEmpty else { return [:] }
    var current: [Int: String?] = [:]
    for port in ports {
      guard let process = port.peer?.processId.map({ HostProcess(Int32(clamping: $0)) }) else { continue }
      let former = names[port.number]
      current[port.number] =
        former ?? guests.first { process.belongs(to: HostProcess(Int32(clamping: $0.processId))) }?.name
    }
    names = current
    return current.compactMapValues { $0 }
  }
}
