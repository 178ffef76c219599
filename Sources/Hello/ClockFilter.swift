// How far a peer's clock is ahead, as NTP finds it out (RFC 5905, 8): a hello was sent at T1 and heard at T2, the answer
// sent at T3 and heard at T4, T1 and T4 by our clock, T2 and T3 by the peer's.
//
//   offset = ((T2 - T1) + (T3 - T4)) / 2,  round trip = (T4 - T1) - (T3 - T2):  offset = T3 + round trip / 2 - T4
//
// How long each way took is not known, only both together: the offset is uncertain by half the round trip, and by no more
// than that. Of the last eight samples the one with the shortest round trip counts (RFC 5905, 10).

/// The offset of a peer's clock, in microseconds.
package struct ClockOffset: Equatable, Sendable {
  /// What its clock shows less what ours shows: negative if it is behind.
  package var offset: Int64
  /// By how much that may be wrong either way.
  package var uncertainty: Int64

  /// - Parameters:
  ///   - sent: microseconds since 1970 by the peer's clock when it sent a hello, at most ``Announcement/latestClock``.
  ///   - heard: the same by our clock when that hello came in.
  ///   - roundTrip: in nanoseconds.
  init(sent: Int64, heard: Int64, roundTrip: UInt64) {
    let half = Int64(roundTrip / 2_000)
    offset = sent - heard + half
    // What is left out by whole microseconds, of three times and a half.
    uncertainty = half + 2
  }

  /// Whether both may be true at one time.
  func agrees(with other: ClockOffset) -> Bool {
    (offset - other.offset).magnitude <= (uncertainty + other.uncertainty).magnitude
  }
}

/// The last samples of one peer's clock.
struct ClockFilter: Sendable {
  static var capacity: Int { 8 }

  /// The oldest first.
  private var samples: [ClockOffset] = []

  /// Nil: there is none yet.
  var best: ClockOffset? { samples.min { $0.uncertainty < $1.uncertainty } }

  mutating func note(_ sample: ClockOffset) {
    // One of the two clocks was set, or has drifted further than it is uncertain: what was before holds no longer.
    if let best, !sample.agrees(with: best) { samples.removeAll() }
    if samples.count == Self.capacity { samples.removeFirst() }
    samples.append(sample)
  }
}
