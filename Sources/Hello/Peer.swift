/// Another agent's port, as it is heard on a trunk. Times are nanoseconds.
package struct Peer: Sendable {
  struct Key: Hashable, Sendable {
    let agent: AgentID
    let port: UInt32
  }

  package private(set) var sender: AgentFrame.Sender
  /// Names that it says it has.
  package private(set) var host = ""
  package private(set) var lan = ""
  package private(set) var port = ""
  /// Who on the underlay sent its last hello, in the caller's terms.
  package private(set) var place: UInt64 = 0
  package private(set) var lastHeard: UInt64
  /// The newest round trip, and an average in which it counts an eighth; nil: it has not heard us yet.
  package private(set) var roundTrip: UInt64?
  package private(set) var smoothRoundTrip: UInt64?
  /// What its clock shows against ours; nil: it does not say what it shows, or has not heard us yet.
  package var clock: ClockOffset? { clocks.best }
  private var clocks = ClockFilter()
  /// Of the last hellos how many were not heard: of its by us, and of ours by it.
  package private(set) var lossIn = Loss()
  package private(set) var lossOut = Loss()
  /// Its hellos that came in more than once.
  package private(set) var duplicates = 0
  /// When it last said that it hears us; nil: never.
  package private(set) var lastHeardUs: UInt64?
  /// What it has confirmed of our path probes; round 0: nothing yet.
  package private(set) var confirmed = ProbeReport()
  /// What we have heard of its path probes.
  private var probes = ProbeReport()
  /// The next hello should tell ``probes``.
  var isProbeNews = false

  private var lastSequence: UInt32
  /// A bit for each of the last hellos, the newest in bit 0.
  private var window: UInt64 = 0
  private var windowLength: UInt8 = 0

  /// So many of so many.
  package struct Loss: Equatable, Sendable {
    package var lost = 0
    package var of = 0

    package init(lost: Int = 0, of: Int = 0) {
      self.lost = lost
      self.of = of
    }
  }

  package struct ProbeReport: Equatable, Sendable {
    package var round: UInt32 = 0
    /// Bytes.
    package var longest = 0

    package init(round: UInt32 = 0, longest: Int = 0) {
      self.round = round
      self.longest = longest
    }
  }

  init(_ sender: AgentFrame.Sender, sequence: UInt32, now: UInt64) {
    self.sender = sender
    lastSequence = sequence &- 1
    lastHeard = now
  }

  var key: Key { Key(agent: sender.agent, port: sender.port) }

  /// Whether it was heard lately.
  package func isUp(_ now: UInt64) -> Bool { now <= lastHeard + PeerTable.silence }

  mutating func note(_ announcement: Announcement, sequence: UInt32, lan id: UInt64, at place: UInt64, now: UInt64) {
    sender.lan = id
    host = announcement.host
    lan = announcement.lan
    port = announcement.port
    self.place = place
    lastHeard = max(lastHeard, now)
    count(sequence)
  }

  private mutating func count(_ sequence: UInt32) {
    let step = Int(Int32(bitPattern: sequence &- lastSequence))
    if step > 0 {
      window = step < 64 ? window << UInt64(step) | 1 : 1
      windowLength = UInt8(min(64, Int(windowLength) + step))
      lastSequence = sequence
    } else if step > -64 {
      let bit: UInt64 = 1 << UInt64(-step)
      // Late, or twice.
      if window & bit != 0 { duplicates += 1 }
      window |= bit
    } else {
      // The port was made anew.
      window = 1
      windowLength = 1
      lastSequence = sequence
    }
    lossIn = Loss(lost: Int(windowLength) - min(Int(windowLength), window.nonzeroBitCount), of: Int(windowLength))
  }

  /// What it says about how it hears us.
  /// - Parameters:
  ///   - sentAt: when the hello was sent that it heard last; nil: not known.
  ///   - clocks: what its clock showed when it sent this, and ours when that came in, in microseconds since 1970; nil: it
  ///     does not say.
  mutating func note(
    _ entry: Announcement.Heard, sentAt: UInt64?, clocks read: (sent: Int64, heard: Int64)?, now: UInt64
  ) {
    lastHeardUs = now
    lossOut = Loss(lost: Int(entry.lost), of: Int(entry.window))
    if entry.round != 0 { confirmed = ProbeReport(round: entry.round, longest: Int(entry.longestProbe)) }
    let held = UInt64(entry.heldMicroseconds) * 1_000
    guard let sentAt, now >= sentAt + held else { return }
    let measured = now - sentAt - held
    roundTrip = measured
    smoothRoundTrip = smoothRoundTrip.map { ($0 * 7 + measured) / 8 } ?? measured
    if let read { clocks.note(ClockOffset(sent: read.sent, heard: read.heard, roundTrip: measured)) }
  }

  mutating func noteProbe(round: UInt32, length: Int) {
    probes = ProbeReport(round: round, longest: probes.round == round ? max(probes.longest, length) : length)
    isProbeNews = true
  }

  /// How we hear it, for a hello sent now.
  func entry(_ now: UInt64) -> Announcement.Heard {
    Announcement.Heard(
      agent: sender.agent.high, port: sender.port, sequence: lastSequence,
      heldMicroseconds: UInt32(clamping: (now - min(now, lastHeard)) / 1_000), round: probes.round,
      longestProbe: UInt16(clamping: probes.longest), lost: UInt8(lossIn.lost), window: UInt8(max(1, lossIn.of)))
  }
}
