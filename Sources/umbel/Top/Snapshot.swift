package import AgentAPI

/// What the agent said at one time.
package struct Snapshot {
  /// Nanoseconds of CLOCK_MONOTONIC.
  package let time: UInt64
  package let status: Status.Reply
  /// By LAN and number.
  package let ports: [Port]
  package let peers: [TrunkPeer]
  /// The name of the guest in User Mode Linux behind a port, by the port's number, where it is known.
  package let guests: [Int: String]

  package init(time: UInt64, status: Status.Reply, ports: [Port], peers: [TrunkPeer] = [], guests: [Int: String] = [:])
  {
    self.time = time
    self.status = status
    self.ports = ports
    self.peers = peers
    self.guests = guests
  }
}
