/// Where a LAN meets a transport.
package struct Port: Codable, Hashable, Sendable {
  /// Name of its LAN.
  package var lan: String
  /// Unique in its LAN.
  package var name: String
  /// Unique in the agent while the port lives.
  package var number: Int
  /// Name of the plugin.
  package var transport: String
  /// What it is for.
  package var role: Role
  /// Of all options that are given or have a default; several texts for those that are lists.
  package var options: [String: [String]]
  /// Where it is in its life.
  package var state: PortState
  /// Why it is in that state; may be empty.
  package var text: String
  /// Until a waiting port tries again; nil when it waits for an event.
  package var retryInSeconds: Int?
  /// Bytes of a segment; nil until it has been up.
  package var largestFrame: Int?
  /// Bytes of the largest frame that the underlay carries unfragmented; nil: any, as far as is known.
  package var wholeFrame: Int?
  /// Guest ports of a door or of `Attach`.
  package var peer: Peer?
  /// It is a mirror's target: whose frames it gets copies of, as in `Mirror.from`.
  package var mirrorOf: [String]?
  /// Frames and bytes.
  package var counters: Counters
  /// Frames by reason, without those at 0.
  package var drops: [String: Int]
  /// The transport's own, without those at 0.
  package var transportCounters: [String: Int]
  /// Entries of the FDB that point here.
  package var stations: Int
  /// False: the forwarding thread did not answer in time, and the numbers are the last known.
  package var fresh: Bool

  package init(
    lan: String, name: String, number: Int, transport: String, role: Role, options: [String: [String]] = [:],
    state: PortState, text: String, retryInSeconds: Int? = nil, largestFrame: Int? = nil,
    wholeFrame: Int? = nil, peer: Peer? = nil, mirrorOf: [String]? = nil,
    counters: Counters, drops: [String: Int], transportCounters: [String: Int], stations: Int, fresh: Bool
  ) {
    self.lan = lan
    self.name = name
    self.number = number
    self.transport = transport
    self.role = role
    self.options = options
    self.state = state
    self.text = text
    self.retryInSeconds = retryInSeconds
    self.largestFrame = largestFrame
    self.wholeFrame = wholeFrame
    self.peer = peer
    self.mirrorOf = mirrorOf
    self.counters = counters
    self.drops = drops
    self.transportCounters = transportCounters
    self.stations = stations
    self.fresh = fresh
  }
}
