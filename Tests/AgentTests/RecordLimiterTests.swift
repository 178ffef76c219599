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

  @Test func `what another limiter left out before is told with the next record that passes both`() {
    var own = RecordLimiter(burst: 2)
    var all = RecordLimiter(burst: 3)
    // Three records pass both; two are left out by the first, and one that passes it is left out by the second.
    let passed = [UInt64]([1, 1, 1, 1, 2, 2, 3]).map { second -> Int? in
      guard let left = own.admit(now: second * Self.second) else { return nil }
      return all.admit(now: Self.second, after: left)
    }
    #expect(passed == [0, 0, nil, nil, 2, nil, nil])
    #expect(all.admit(now: 9 * Self.second) == 2)
  }
}
