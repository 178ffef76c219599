import LinuxIO

/// How often one source may write to the journal: a burst, then one record a second. What is left out is counted, and
/// said with the next record that passes.
struct RecordLimiter {
  static let burst = 20
  static let interval: UInt64 = 1_000_000_000

  private var credit = burst
  private var since: UInt64 = 0
  private var suppressed = 0

  /// Asks to write a record.
  /// - Parameter now: nanoseconds of a clock that does not go back.
  /// - Returns: nil: not now. Otherwise how many were left out since the last.
  mutating func admit(now: UInt64) -> Int? {
    let earned = Int(clamping: (now - min(since, now)) / Self.interval)
    if earned > 0 {
      credit = min(Self.burst, credit + min(earned, Self.burst))
      since = now
    }
    guard credit > 0 else {
      suppressed += 1
      return nil
    }
    credit -= 1
    defer { suppressed = 0 }
    return suppressed
  }
}
