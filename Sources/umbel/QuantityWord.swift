/// A number with its unit behind it, such as 30s or 16M.
enum QuantityWord {
  /// Nanoseconds of units of time.
  static let times = [("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000)]

  /// - Parameter units: what may stand behind the number, and what one of it is.
  /// - Returns: nil for what is no number, for another unit, and for what an Int does not hold.
  static func value(of word: String, _ units: [(word: String, factor: Int)]) -> Int? {
    let digits = word.prefix { ("0"..."9").contains($0) }
    guard let number = Int(digits), let unit = units.first(where: { $0.word == word.dropFirst(digits.count) }) else {
      return nil
    }
    let product = number.multipliedReportingOverflow(by: unit.factor)
    return product.overflow ? nil : product.partialValue
  }
}
