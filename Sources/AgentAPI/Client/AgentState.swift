/// All that the agent tells of itself, its stations apart: what one look at it gives.
package struct AgentState: Codable, Hashable, Sendable {
  package var status: Status.Reply
  /// By LAN and number.
  package var ports: [Port]
  /// By LAN and trunk.
  package var peers: [TrunkPeer]
  package var guests: ListGuests.Reply
  package var transports: ListTransports.Reply

  package init(
    status: Status.Reply, ports: [Port], peers: [TrunkPeer], guests: ListGuests.Reply, transports: ListTransports.Reply
  ) {
    self.status = status
    self.ports = ports
    self.peers = peers
    self.guests = guests
    self.transports = transports
  }

  /// Asks the agent, one list after the other.
  package init(asking client: AgentClient) throws(ClientError) {
    self.init(
      status: try client.call(Status.self, Nothing()), ports: try client.ports(of: nil),
      peers: try client.peers(of: nil), guests: try client.call(ListGuests.self, Nothing()),
      transports: try client.call(ListTransports.self, Nothing()))
  }
}
