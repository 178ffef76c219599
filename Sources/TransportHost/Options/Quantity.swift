/// Numbers with units: how durations and sizes are read and written.
package struct Quantity: Sendable {
  /// Each unit's word and what it stands for, the smallest first.
  private let units: [(word: String, factor: Int64)]

  /// Nanoseconds. A unit is required.
  package static let duration = Quantity(units: [
    ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
  ])

  /// Bytes; units of 1,024 each.
  package static let size = Quantity(units: [("", 1), ("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)])

  /// - Returns: nil when `text` is not a decimal number with one of the units, or too large.
  package func value(of text: String) -> Int64? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    let word = String(text.utf8.dropFirst(digits.count)) ?? "?"
    guard let number = Int64(String(Substring(digits))), let unit = units.first(where: { $0.word == word }) else {
      return nil
    }
    let product = number.multipliedReportingOverflow(by: unit.factor)
    return product.overflow ? nil : product.partialValue
  }

  /// The shortest exact text, in the largest unit that divides `value`.
  /// - Parameter value: not negative.
  package func text(of value: Int64) -> String {
    let unit = value == 0 ? nil : units.last { value % $0.factor == 0 }
    guard let unit else { return units.contains { $0.word == "s" } ? "0s" : "0" }
    return "\(value / unit.factor)\(unit.word)"
  }
}
