// How long a frame passes a trunk in one piece, found by sending some (in the manner of DPLPMTUD, RFC 8899). ICMP has no
// part in it: whoever forges "too big" changes nothing.
//
//   idle ──due──► confirming: the longest frame that leaves this host, twice at most ──all confirm──► idle, known
//                     └──some do not──► climbing: eight lengths between what passes and what does not, twice at most;
//                                       again between the two neighbours that are left ──exact──► idle, known
//
// Every probe goes to all peers; each says in its next hello what was the longest that it heard of the newest round. The
// answer is the least over all that confirm anything at all: what does not answer probes is left out. A probe lost twice
// makes the answer too short, never too long; a minute later the search begins anew.

/// The search for the longest frame that passes one trunk in one piece.
package struct PathSearch: Sendable {
  /// What is taken to pass everywhere.
  package static let floor = AgentFrame.longestHello
  /// Between two searches.
  package static let interval: UInt64 = 60_000_000_000
  /// Lengths of one round.
  static let rungs = 8
  static let mostTries = 2
  /// How long peers take to say hello after a probe, over the round trip.
  static let patience: UInt64 = 250_000_000

  private enum Phase { case idle, confirming, climbing }

  /// What one peer has confirmed.
  package struct Answer: Sendable {
    package var report: Peer.ProbeReport
    /// Nanoseconds; 0: not known.
    package var roundTrip: UInt64

    package init(_ report: Peer.ProbeReport, roundTrip: UInt64 = 0) {
      self.report = report
      self.roundTrip = roundTrip
    }
  }

  /// What is to be sent: a probe of each length, all of one round.
  package struct Probes: Equatable, Sendable {
    package var round: UInt32
    package var lengths: [Int]
  }

  /// Bytes of the longest frame that passes to every peer in one piece; nil: not known.
  package private(set) var result: Int?
  /// When ``step(now:limit:answers:)`` is to be called at the latest.
  package private(set) var nextAt: UInt64 = 0

  private var phase = Phase.idle
  private var round: UInt32
  private var tries = 0
  private var limit = 0
  /// Passes, and does not.
  private var low = PathSearch.floor
  private var high = 0
  private var lengths: [Int] = []

  /// Rounds that a peer may lag behind and still have a say.
  private static let believedRounds: UInt32 = 16

  /// - Parameter firstRound: a number that nobody can guess who does not hear the probes: so a stranger that says hello
  ///   from afar has no say.
  package init(firstRound: UInt32) { round = firstRound }

  /// Begins anew at the next step: a peer has come, or the underlay has changed.
  package mutating func restart() {
    phase = .idle
    nextAt = 0
  }

  /// Goes on. Call it when the time has come, and when a hello has arrived.
  /// - Parameters:
  ///   - now: nanoseconds.
  ///   - limit: bytes of the longest frame that leaves this host in one piece; nil: probing makes no sense, as the port
  ///     is down or its transport splits everything.
  ///   - answers: of the peers that are up.
  package mutating func step(now: UInt64, limit newLimit: Int?, answers: [Answer]) -> Probes? {
    guard let newLimit, newLimit > Self.floor, !answers.isEmpty else {
      phase = .idle
      result = nil
      nextAt = .max
      return nil
    }
    if newLimit != limit {
      limit = newLimit
      restart()
    }
    switch phase {
    case .idle: return now >= nextAt ? begin(.confirming, [limit], now, answers) : nil
    case .confirming:
      if answers.allSatisfy({ reached($0) >= limit }) {
        finish(limit, now)
        return nil
      }
      guard now >= nextAt else { return nil }
      if tries < Self.mostTries { return again(now, answers) }
      low = Self.floor
      // That it passes to those who answer probes at all is still possible.
      high = limit + 1
      return begin(.climbing, [Self.floor] + rungs, now, answers)
    case .climbing: return climb(now, answers)
    }
  }

  private mutating func climb(_ now: UInt64, _ answers: [Answer]) -> Probes? {
    let speaking = answers.filter(hasSay)
    let reached = speaking.map { self.reached($0) }.min() ?? 0
    guard now >= nextAt || reached == lengths.last else { return nil }
    if now >= nextAt, reached != lengths.last, tries < Self.mostTries { return again(now, answers) }
    guard !speaking.isEmpty else {
      finish(nil, now)
      return nil
    }
    high = lengths.first { $0 > max(low, reached) } ?? high
    low = max(low, reached)
    guard high - low > 1 else {
      finish(low, now)
      return nil
    }
    return begin(.climbing, rungs, now, answers)
  }

  /// Whether a peer has confirmed a probe lately; not one that never was.
  private func hasSay(_ answer: Answer) -> Bool {
    answer.report.round != 0 && round &- answer.report.round < Self.believedRounds
  }

  /// The longest probe of this round that a peer has confirmed.
  private func reached(_ answer: Answer) -> Int { answer.report.round == round ? answer.report.longest : 0 }

  /// At most eight lengths between what passes and what does not.
  private var rungs: [Int] {
    let gap = high - low
    if gap <= Self.rungs + 1 { return Array(low + 1..<high) }
    return (1...Self.rungs).map { low + gap * $0 / (Self.rungs + 1) }
  }

  private mutating func begin(_ next: Phase, _ lengths: [Int], _ now: UInt64, _ answers: [Answer]) -> Probes {
    phase = next
    // 0 means none.
    round = round &+ 1 == 0 ? 1 : round &+ 1
    self.lengths = lengths
    tries = 0
    return again(now, answers)
  }

  private mutating func again(_ now: UInt64, _ answers: [Answer]) -> Probes {
    tries += 1
    let slowest = answers.map(\.roundTrip).max() ?? 0
    nextAt = now + Self.patience + 2 * min(slowest, 2_000_000_000)
    return Probes(round: round, lengths: lengths)
  }

  private mutating func finish(_ found: Int?, _ now: UInt64) {
    phase = .idle
    result = found
    nextAt = now + Self.interval
  }
}
