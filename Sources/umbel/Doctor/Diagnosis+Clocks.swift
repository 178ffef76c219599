import AgentAPI

extension Diagnosis {
  /// The host's clock, and how it differs from those of peers. No frame depends on it: that nobody keeps it is a note, and
  /// clocks that differ are a warning, for who compares the logs and captures of two hosts.
  mutating func checkClocks() {
    switch host.isClockSynchronised {
    case true?: add(.clock, .ok, "this host's clock is synchronised")
    case false?: add(.clock, .ok, "this host's clock is not synchronised: nothing like NTP keeps it")
    case nil: add(.clock, .skipped, "whether this host's clock is synchronised is not known: the kernel does not tell")
    }
    var agreeing = 0
    var widest = 0
    for peer in clocks {
      if peer.hasOtherClock {
        addOtherClock(peer)
      } else if let difference = peer.mostClockDifference {
        agreeing += 1
        widest = max(widest, difference)
      }
    }
    guard agreeing > 0 else { return }
    add(
      .clock, .ok,
      (agreeing == 1
        ? "the clock of 1 other host agrees" : "the clocks of \(Units.grouped(agreeing)) other hosts agree")
        + " with this one's to \(Units.duration(microseconds: widest))")
  }

  /// Of each agent that is heard and tells its clock, where it is known best.
  private var clocks: [TrunkPeer] {
    var best: [String: TrunkPeer] = [:]
    var order: [String] = []
    for peer in agent.peers where peer.state == .up {
      guard let id = peer.agent, let uncertainty = peer.clockUncertaintyMicroseconds else { continue }
      if best[id] == nil { order.append(id) }
      if uncertainty < best[id]?.clockUncertaintyMicroseconds ?? .max { best[id] = peer }
    }
    return order.compactMap { best[$0] }
  }

  private mutating func addOtherClock(_ peer: TrunkPeer) {
    guard let offset = peer.clockOffsetMicroseconds, let uncertainty = peer.clockUncertaintyMicroseconds else { return }
    let text =
      "the clock of \(name(of: peer)) is \(Units.duration(microseconds: Int(clamping: offset.magnitude))) "
      + "\(offset < 0 ? "behind" : "ahead of") this one's, give or take \(Units.duration(microseconds: uncertainty)): "
      + "logs and captures of the two are shifted against each other"
    let remedy = "sudo timedatectl set-ntp true"
    switch host.isClockSynchronised {
    case true?: add(.clock, .warning, text, "on that host: \(remedy)")
    case false?: add(.clock, .warning, text, remedy, "on that host: \(remedy)")
    case nil: add(.clock, .warning, text, "on the host whose clock is wrong: \(remedy)")
    }
  }
}

extension TrunkPeer {
  /// Microseconds by which its clock differs from this host's at most; nil: not known.
  var mostClockDifference: Int? {
    guard let clockOffsetMicroseconds, let clockUncertaintyMicroseconds else { return nil }
    return Int(clamping: clockOffsetMicroseconds.magnitude) + clockUncertaintyMicroseconds
  }

  /// The clocks differ for certain by more than half a second: more than people compare by eye.
  var hasOtherClock: Bool {
    guard let clockOffsetMicroseconds, let clockUncertaintyMicroseconds else { return false }
    return Int(clamping: clockOffsetMicroseconds.magnitude) - clockUncertaintyMicroseconds > 500_000
  }
}
