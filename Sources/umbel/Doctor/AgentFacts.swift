package import AgentAPI

/// What the agent says, of one LAN or of all.
package struct AgentFacts {
  package var status: Status.Reply
  package var ports: [Port] = []
  package var peers: [TrunkPeer] = []
  package var transports = ListTransports.Reply(transports: [], refused: [])
  package var groups: [Group] = []
  package var guests: [Guest] = []
  /// Peers were measured just now: what they did not answer is no accident.
  package var isMeasured = false

  package init(status: Status.Reply) { self.status = status }

  /// Asks the agent.
  /// - Parameter lan: nil: of all.
  init(_ client: AgentClient, lan: String?) throws(ClientError) {
    status = try client.call(Status.self, Nothing())
    ports = try client.ports(of: lan)
    peers = try client.peers(of: lan)
    transports = try client.call(ListTransports.self, Nothing())
    let reply = try client.call(ListGuests.self, Nothing())
    groups = reply.groups.filter { lan == nil || $0.lan == lan }
    guests = reply.guests
    if let lan { status.lans = status.lans.filter { $0.name == lan } }
  }

  /// The ports that are carried by an IP network, as the doctor sees them.
  package var underlays: [Underlay] { ports.compactMap(Underlay.init) }
}
