import LinuxIO

/// How often one source may write to the journal: a burst, then one record a second. What is left out is counted, and
/// said with the next record that passes.
struct RecordLimiter {
  static let interval: UInt64 = 1_000_000_000

  /// How many may come at once from most sources.
  static let burst = 20

  private let most: Int
  private var credit: Int
  private var since: UInt64 = 0
  private var suppressed = 0

  /// - Parameter burst: how many may come at once.
  init(burst: Int = Self.burst) {
    most = burst
    credit = burst
  }

  /// Asks to write a record.
  /// - Parameters:
  ///   - now: nanoseconds of a clock that does not go back.
  ///   - others: how many another limiter left out before this one, to be told with it.
  /// - Returns: nil: not now. Otherwise how many were left out since the last.
  mutating func admit(now: UInt64, after others: Int = 0) -> Int? {
    let earned = Int(clamping: (now - min(since, now)) / Self.interval)
    if earned > 0 {
      credit = min(most, credit + min(earned, most))
      since = now
    }
    suppressed += others
    guard credit > 0 else {
      suppressed += 1
      return nil
    }
    credit -= 1
    defer { suppressed = 0 }
    return suppressed
  }

  /// What a record ends with that others were left out before; empty: none were.
  static func hint(leftOut count: Int) -> String { count == 0 ? "" : " (\(count) records were left out before)" }
}
