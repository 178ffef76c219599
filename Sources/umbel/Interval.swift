import ArgumentParser
import Glibc

/// A time between two looks: 500ms, 1s, 2min, or a number of seconds.
package struct Interval: Equatable {
  package let nanoseconds: UInt64
  /// As it was given, with its unit.
  package let text: String

  private static let allowed: ClosedRange<UInt64> = 100_000_000...3_600_000_000_000

  package static let second = Interval(nanoseconds: 1_000_000_000, text: "1s")

  private init(nanoseconds: UInt64, text: String) {
    self.nanoseconds = nanoseconds
    self.text = text
  }

  /// - Returns: nil for what is no time, and for one that is not 100ms to 60min.
  package init?(argument: String) {
    let text = argument.last?.isNumber == true ? argument + "s" : argument
    guard let value = QuantityWord.value(of: text, QuantityWord.times).map(UInt64.init), Self.allowed.contains(value)
    else { return nil }
    self.init(nanoseconds: value, text: text)
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
