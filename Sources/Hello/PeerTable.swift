// Who is heard on a trunk, and how well.
//
//   heard for the first time ──► up ──three hellos missed──► silent ──minutes──► forgotten
//                                 ▲────────a hello────────────┘
//
// Round trip: each hello says of every other agent which of its hellos was heard last and how long ago. So the time from
// sending that one to hearing this, less the time it was held, is twice the way; no clocks are compared for that. How far
// apart they are: ClockFilter.swift.
// Loss: hellos are numbered. Of the last 64 of a peer a bit each says whether it was heard; the peer tells the same of
// ours.

/// The agents heard on one trunk.
package struct PeerTable: Sendable {
  /// Nanoseconds between two hellos of a port.
  package static let interval: UInt64 = 2_000_000_000
  /// A peer that was not heard for so long is silent: three intervals and what they vary by.
  package static let silence: UInt64 = 3 * interval + 700_000_000
  /// A peer that was not heard for so long is forgotten.
  package static let memory: UInt64 = 180_000_000_000
  /// Peers of one trunk; more are not taken.
  package static let capacity = 256

  /// What a hello tells that was not known.
  package enum Arrival: Sendable {
    case known
    /// It was not heard before, or not for some time.
    case new
    /// There are as many peers as can be.
    case refused
  }

  package private(set) var peers: [Peer] = []
  private var indices: [Peer.Key: Int] = [:]
  /// When each of the last hellos was sent, by its number modulo their count.
  private var sentAt = [UInt64](repeating: 0, count: 64)
  private var sequence: UInt32 = 0
  /// Where the next hello's list begins.
  private var rotation = 0

  package init() {}

  /// Takes a hello of another agent's port.
  /// - Parameters:
  ///   - own: this trunk, as its own hellos name it.
  ///   - place: who on the underlay sent it, in the caller's terms.
  ///   - now: nanoseconds of a clock that does not go back.
  ///   - clock: what the host's clock shows then, in microseconds since 1970.
  package mutating func hear(
    _ announcement: Announcement, sequence: UInt32, of sender: AgentFrame.Sender, own: AgentFrame.Sender,
    at place: UInt64,
    now: UInt64, clock: Int64
  ) -> Arrival {
    let key = Peer.Key(agent: sender.agent, port: sender.port)
    var arrival = Arrival.known
    if indices[key] == nil {
      guard peers.count < Self.capacity else { return .refused }
      indices[key] = peers.count
      peers.append(Peer(sender, sequence: sequence, now: now))
      arrival = .new
    }
    guard let index = indices[key] else { return .refused }
    if !peers[index].isUp(now) { arrival = .new }
    peers[index].note(announcement, sequence: sequence, lan: sender.lan, at: place, now: now)
    for entry in announcement.heard where entry.agent == own.agent.high && entry.port == own.port {
      peers[index].note(
        entry, sentAt: sent(entry.sequence), clocks: announcement.clock.map { (sent: $0, heard: clock) }, now: now)
    }
    return arrival
  }

  /// Takes a path probe; one of a port that has not said hello yet is of no use.
  /// - Returns: whether it is to be confirmed.
  package mutating func hear(probeOf sender: AgentFrame.Sender, round: UInt32, length: Int) -> Bool {
    guard let index = indices[Peer.Key(agent: sender.agent, port: sender.port)] else { return false }
    peers[index].noteProbe(round: round, length: length)
    return true
  }

  /// When a hello of ours was sent; nil: it was not, or is long past.
  private func sent(_ number: UInt32) -> UInt64? {
    guard number >= 1, number <= sequence, sequence - number < UInt32(sentAt.count) else { return nil }
    return sentAt[Int(number) % sentAt.count]
  }

  /// The next hello. Of more peers than it has room for, those whose probe is to be confirmed come first, the others in
  /// turn.
  /// - Parameter clock: as for ``hear(_:sequence:of:own:at:now:clock:)``.
  package mutating func nextHello(
    of own: AgentFrame.Sender, host: String, lan: String, port: String, now: UInt64, clock: Int64
  ) -> AgentFrame {
    var announcement = Announcement(host: host, lan: lan, port: port, clock: clock)
    let room = announcement.capacity
    let current = peers.indices.filter { peers[$0].isUp(now) }
    var chosen = Array(current.filter { peers[$0].isProbeNews }.prefix(room))
    if !current.isEmpty {
      let start = rotation % current.count
      for index in current[start...] + current[..<start] where chosen.count < room {
        rotation += 1
        if !chosen.contains(index) { chosen.append(index) }
      }
    }
    for index in chosen {
      announcement.heard.append(peers[index].entry(now))
      peers[index].isProbeNews = false
    }
    sequence &+= 1
    sentAt[Int(sequence) % sentAt.count] = now
    return AgentFrame(sender: own, sequence: sequence, content: .hello(announcement))
  }

  /// Forgets who was not heard for minutes.
  package mutating func forgetOld(now: UInt64) {
    guard peers.contains(where: { now - min(now, $0.lastHeard) > Self.memory }) else { return }
    peers.removeAll { now - min(now, $0.lastHeard) > Self.memory }
    indices = Dictionary(uniqueKeysWithValues: peers.enumerated().map { ($1.key, $0) })
  }

  /// A port of that agent's LAN that was heard and is not forgotten.
  package func peer(_ agent: AgentID, lan: UInt64) -> Peer? {
    peers.first { $0.sender.agent == agent && $0.sender.lan == lan }
  }
}
