import Testing

@testable import Hello

private let microsecond: UInt64 = 1_000

/// A sample as it comes of a peer whose clock is ahead.
/// - Parameters:
///   - offset: in microseconds.
///   - there: microseconds that our hello was on its way.
///   - back: microseconds that the peer's was.
private func sample(_ offset: Int64, there: Int64, back: Int64) -> ClockOffset {
  let sent: Int64 = 1_800_000_000_000_000
  return ClockOffset(sent: sent + offset, heard: sent + back, roundTrip: UInt64(there + back) * microsecond)
}

struct ClockFilterTests {
  @Test func `ways of one length tell the offset`() {
    #expect(sample(-250, there: 400, back: 400).offset == -250)
    #expect(sample(7_000_000, there: 400, back: 400).offset == 7_000_000)
  }

  @Test func `however the round trip is divided, the offset lies within what is uncertain`() {
    for there in stride(from: 0, through: 1_001, by: 13) as StrideThrough<Int64> {
      let found = sample(-5_000, there: there, back: 1_001 - there)
      #expect((found.offset + 5_000).magnitude <= found.uncertainty.magnitude)
      #expect(found.uncertainty == 502)
    }
  }

  @Test func `of the last eight the one with the shortest round trip counts`() {
    var filter = ClockFilter()
    #expect(filter.best == nil)
    filter.note(sample(100, there: 100, back: 900))
    filter.note(sample(100, there: 50, back: 50))
    for _ in 0..<7 { filter.note(sample(100, there: 900, back: 100)) }
    #expect(filter.best == sample(100, there: 50, back: 50))
    filter.note(sample(100, there: 900, back: 100))
    #expect(filter.best == sample(100, there: 900, back: 100))
  }

  @Test func `a clock that was set is noticed with the next hello`() {
    var filter = ClockFilter()
    filter.note(sample(2_500_000, there: 50, back: 50))
    filter.note(sample(0, there: 400, back: 100))
    #expect(filter.best == sample(0, there: 400, back: 100))
    filter.note(sample(0, there: 60, back: 60))
    #expect(filter.best == sample(0, there: 60, back: 60))
  }

  @Test func `the latest and the earliest clock that a hello can tell have a difference`() {
    var filter = ClockFilter()
    for sent in [0, Announcement.latestClock, 0] {
      filter.note(ClockOffset(sent: sent, heard: 1 << 54, roundTrip: .max))
      #expect(filter.best?.offset == sent - (1 << 54) + Int64(UInt64.max / 2_000))
    }
  }
}
