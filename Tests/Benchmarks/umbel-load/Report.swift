/// Named results in the order in which they were added.
struct Report {
  private var entries: [(key: String, value: String, quoted: Bool)] = []

  mutating func add(_ key: String, _ value: String) { entries.append((key, value, true)) }
  mutating func add(_ key: String, _ value: Int) { entries.append((key, String(value), false)) }

  /// Adds a number, rounded to `digits` decimals.
  mutating func add(_ key: String, _ value: Double, digits: Int) {
    let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(abs(scaled) % scale)
    let whole = (scaled < 0 ? "-" : "") + String(abs(scaled) / scale)
    let text =
      digits == 0 ? whole : whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    entries.append((key, text, false))
  }

  /// Prints one line: a JSON object, or `key=value` pairs.
  func print(json: Bool) {
    guard json else { return Swift.print(entries.map { "\($0.key)=\($0.value)" }.joined(separator: " ")) }
    let members = entries.map { entry in
      // A path may hold what JSON does not.
      let escaped = entry.value.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
      return "\"\(entry.key)\": " + (entry.quoted ? "\"\(String(escaped))\"" : entry.value)
    }
    Swift.print("{" + members.joined(separator: ", ") + "}")
  }
}
