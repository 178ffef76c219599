/// Numbers as people read them.
package enum Units {
  /// Thousands apart: 12,345.
  package static func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return (number < 0 ? "-" : "") + result
  }

  /// Bytes with a prefix of 1,024s and three digits or so: 900 B, 1.5 KiB, 23 MiB.
  package static func bytes(_ count: Int) -> String {
    if count < 1_024 { return "\(count) B" }
    var whole = count
    var rest = 0
    var prefixes = "KMGTPE".makeIterator()
    var prefix: Character = "K"
    while whole >= 1_024, let next = prefixes.next() {
      (whole, rest) = whole.quotientAndRemainder(dividingBy: 1_024)
      prefix = next
    }
    return whole < 10 ? "\(whole).\(rest * 10 / 1_024) \(prefix)iB" : "\(whole) \(prefix)iB"
  }

  /// A number a second in at most four places, with a prefix of 1,000s: 0.5, 12, 999, 1.2k, 123k, 1.2M.
  package static func rate(_ rate: Double) -> String {
    if rate < 9.95 { return rounded(rate, places: 1) }
    if rate < 999.5 { return rounded(rate, places: 0) }
    var rest = rate / 1_000
    var prefixes = "kMGTP".makeIterator()
    var prefix = prefixes.next()
    while rest >= 999.5, let next = prefixes.next() {
      rest /= 1_000
      prefix = next
    }
    return rounded(rest, places: rest < 9.95 ? 1 : 0) + (prefix.map { String($0) } ?? "")
  }

  /// Decimal places that are 0 are left out.
  private static func rounded(_ number: Double, places: Int) -> String {
    let tenths = Int((number * (places == 0 ? 1 : 10)).rounded())
    if places == 0 { return "\(tenths)" }
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }

  /// Seconds in the two largest units that matter: 42 s, 3 min 5 s, 2 h 10 min, 4 d 1 h.
  package static func duration(seconds: Int) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    guard let first = units.firstIndex(where: { seconds >= $0.1 }) else { return "0 s" }
    let large = "\(seconds / units[first].1) \(units[first].0)"
    guard first + 1 < units.count else { return large }
    let rest = seconds % units[first].1 / units[first + 1].1
    return rest == 0 ? large : "\(large) \(rest) \(units[first + 1].0)"
  }

  /// Nanoseconds in the largest unit that divides them: 250 ms, 10 s.
  package static func duration(nanoseconds: Int) -> String {
    for (unit, size) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)]
    where nanoseconds != 0 && nanoseconds % size == 0 {
      return unit == "s" ? duration(seconds: nanoseconds / size) : "\(nanoseconds / size) \(unit)"
    }
    return nanoseconds == 0 ? "0 s" : "\(nanoseconds) ns"
  }

  /// Microseconds, rounded to what matters of them: 412 us, 2,500 ms, 3 min 5 s.
  package static func duration(microseconds: Int) -> String {
    if microseconds < 10_000 { return "\(microseconds) us" }
    let milliseconds = microseconds / 1_000 + microseconds % 1_000 / 500
    if milliseconds < 10_000 { return "\(grouped(milliseconds)) ms" }
    return duration(seconds: milliseconds / 1_000 + milliseconds % 1_000 / 500)
  }

  /// A number and what it counts: 1 port, 2 ports.
  package static func counted(_ number: Int, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
  }
}
