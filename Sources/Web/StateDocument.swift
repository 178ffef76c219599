package import AgentAPI

/// What `/api/state` says: what the control interface does, and the faults in words.
package struct StateDocument: Codable, Sendable {
  /// When the agent was asked, in milliseconds of a clock that only goes forward: for rates.
  package let takenMilliseconds: UInt64
  /// The name of this host.
  package let host: String
  package let status: Status.Reply
  package let ports: [Port]
  package let peers: [TrunkPeer]
  package let guests: [Guest]
  package let faults: [Fault]

  package init(_ state: AgentState, takenMilliseconds: UInt64, host: String, faults: [Fault]) {
    self.takenMilliseconds = takenMilliseconds
    self.host = host
    status = state.status
    ports = state.ports
    peers = state.peers
    guests = state.guests.guests
    self.faults = faults
  }
}

/// What `/api/stations` says.
package struct StationsDocument: Codable, Sendable {
  /// The most stations of one answer.
  package static let most = 100

  package let stations: [Station]
  /// How many there are that were searched for.
  package let found: Int

  /// - Parameters:
  ///   - lan: nil: of all LANs.
  ///   - text: a part of the address or of the port's name, whatever its case.
  package init(_ stations: [Station], lan: String?, containing text: String) {
    let wanted = text.lowercased()
    let matching = stations.filter { station in
      (lan == nil || station.lan == lan)
        && (wanted.isEmpty || station.mac.contains(wanted) || station.port.lowercased().contains(wanted))
    }
    self.stations = Array(matching.prefix(Self.most))
    found = matching.count
  }
}

/// Why there is no answer.
package struct ProblemDocument: Codable, Sendable {
  package let problem: String
}
