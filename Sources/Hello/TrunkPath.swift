/// One way to another agent: a port of ours that hears a port of its.
package struct TrunkPath: Hashable, Sendable {
  /// Number of our port.
  package var trunk: UInt32
  /// Its number of its port.
  package var peerPort: UInt32
  /// Who on the underlay sends it, in the caller's terms; 0: the transport does not tell.
  package var place: UInt64
  /// The peer was heard there lately.
  package var isUp: Bool

  package init(trunk: UInt32, peerPort: UInt32, place: UInt64, isUp: Bool) {
    self.trunk = trunk
    self.peerPort = peerPort
    self.place = place
    self.isUp = isUp
  }

  /// Of several ways to one agent, the elder that stays, and the others. Both agents see the same ways and choose the
  /// same one: the lowest by the port numbers of the agent with the lower id.
  /// - Returns: nil: there is one way at most.
  package static func choose(
    _ paths: [TrunkPath], own: AgentID, peer: AgentID
  ) -> (elder: TrunkPath, others: [TrunkPath])? {
    let usable = paths.filter(\.isUp).sorted { left, right in
      own < peer
        ? (left.trunk, left.peerPort) < (right.trunk, right.peerPort)
        : (left.peerPort, left.trunk) < (right.peerPort, right.trunk)
    }
    guard let elder = usable.first, usable.count > 1 else { return nil }
    return (elder, Array(usable.dropFirst()))
  }
}
