import ArgumentParser
import Glibc

/// A time between two looks: 500ms, 1s, 2min, or a number of seconds.
package struct Interval: Equatable {
  package let nanoseconds: UInt64
  /// As it was given, with its unit.
  package let text: String

  private static let units: [(name: String, nanoseconds: UInt64)] = [
    ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000),
  ]
  private static let allowed: ClosedRange<UInt64> = 100_000_000...3_600_000_000_000

  package static let second = Interval(nanoseconds: 1_000_000_000, text: "1s")

  private init(nanoseconds: UInt64, text: String) {
    self.nanoseconds = nanoseconds
    self.text = text
  }

  /// - Returns: nil for what is no time, and for one that is not 100ms to 60min.
  package init?(argument: String) {
    let digits = argument.prefix { ("0"..."9").contains($0) }
    let unit = argument.dropFirst(digits.count)
    guard let number = UInt64(digits),
      let size = Self.units.first(where: { $0.name == (unit.isEmpty ? "s" : unit) })?.nanoseconds
    else { return nil }
    let (nanoseconds, isTooLarge) = number.multipliedReportingOverflow(by: size)
    guard !isTooLarge, Self.allowed.contains(nanoseconds) else { return nil }
    self.init(nanoseconds: nanoseconds, text: unit.isEmpty ? argument + "s" : argument)
  }

  /// As an argument of a command.
  static func parse(_ argument: String) throws -> Interval {
    guard let interval = Interval(argument: argument) else {
      throw ValidationError("\"\(argument)\" is no interval: write 100ms to 60min, such as 2s.")
    }
    return interval
  }

  /// Sleeps for so long.
  func sleep() { usleep(UInt32(clamping: nanoseconds / 1_000)) }
}
