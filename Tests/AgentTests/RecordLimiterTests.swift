import Testing

@testable import Agent

/// How much one source may write to the journal.
struct RecordLimiterTests {
  private static let second: UInt64 = 1_000_000_000

  @Test func `a burst passes, then one record a second`() {
    var limiter = RecordLimiter()
    let burst = (0..<100).map { _ in limiter.admit(now: 50 * Self.second) }
    #expect(burst.count { $0 != nil } == RecordLimiter.burst)
    let later = (0..<1_000).map { limiter.admit(now: 50 * Self.second + UInt64($0) * Self.second / 100) }
    #expect(later.count { $0 != nil } == 9)
  }

  @Test func `what was left out is told once`() {
    var limiter = RecordLimiter()
    let first = (0..<RecordLimiter.burst + 7).map { _ in limiter.admit(now: Self.second) }
    #expect(first == Array(repeating: 0, count: RecordLimiter.burst) + Array(repeating: nil, count: 7))
    let next = (0..<2).map { _ in limiter.admit(now: 3 * Self.second) }
    #expect(next == [7, 0])
  }
}
