package import AgentAPI

/// What a port counts in a second; frames, and bits of frames without FCS.
package struct Rates: Equatable {
  package private(set) var receivedFrames = 0.0
  package private(set) var sentFrames = 0.0
  package private(set) var receivedBits = 0.0
  package private(set) var sentBits = 0.0
  /// Frames lost, by reason.
  package private(set) var drops: [String: Double] = [:]

  package init() {}

  /// - Parameters:
  ///   - old: the same port some time before.
  ///   - seconds: how long before.
  /// - Returns: nil: there is no knowing, for its counters have begun anew in between.
  package init?(from old: Port, to new: Port, seconds: Double) {
    guard seconds > 0, old.number == new.number, old.name == new.name, old.lan == new.lan else { return nil }
    let (first, last) = (old.counters, new.counters)
    let reasons = Set(old.drops.keys).union(new.drops.keys)
    guard last.receivedFrames >= first.receivedFrames, last.receivedBytes >= first.receivedBytes,
      last.sentFrames >= first.sentFrames, last.sentBytes >= first.sentBytes,
      reasons.allSatisfy({ new.drops[$0, default: 0] >= old.drops[$0, default: 0] })
    else { return nil }
    receivedFrames = Double(last.receivedFrames - first.receivedFrames) / seconds
    sentFrames = Double(last.sentFrames - first.sentFrames) / seconds
    receivedBits = Double(last.receivedBytes - first.receivedBytes) * 8 / seconds
    sentBits = Double(last.sentBytes - first.sentBytes) * 8 / seconds
    for reason in reasons where !Port.filtering.contains(reason) {
      let count = new.drops[reason, default: 0] - old.drops[reason, default: 0]
      if count > 0 { drops[reason] = Double(count) / seconds }
    }
  }

  /// Of all ports that both snapshots have, by number; none where another process has answered the second time.
  package static func of(_ new: Snapshot, since old: Snapshot?) -> [Int: Rates] {
    guard let old, old.status.processId == new.status.processId, new.time > old.time else { return [:] }
    let seconds = Double(new.time - old.time) / 1e9
    let former = Dictionary(old.ports.map { ($0.number, $0) }) { $1 }
    var rates: [Int: Rates] = [:]
    for port in new.ports {
      // Figures that are the last known say nothing of this second.
      guard port.fresh, let earlier = former[port.number], earlier.fresh else { continue }
      rates[port.number] = Rates(from: earlier, to: port, seconds: seconds)
    }
    return rates
  }

  /// Frames lost for any reason.
  package var dropped: Double { drops.values.reduce(0, +) }

  package static func += (sum: inout Rates, other: Rates) {
    sum.receivedFrames += other.receivedFrames
    sum.sentFrames += other.sentFrames
    sum.receivedBits += other.receivedBits
    sum.sentBits += other.sentBits
    sum.drops.merge(other.drops, uniquingKeysWith: +)
  }
}
