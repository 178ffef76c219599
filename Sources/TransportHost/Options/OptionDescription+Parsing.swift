extension OptionDescription {
  /// Parses one text.
  /// - Parameters:
  ///   - text: as a user wrote it; the words of a list are separated by commas.
  ///   - index: the option's index in its table, for `OptionValue.option`.
  /// - Throws: a problem that says what was given and what is allowed.
  package func parse(_ text: String, index: Int = 0) throws(OptionProblem) -> OptionValue {
    guard !text.utf8.contains(0), let value = value(of: text, index: index) else {
      throw refusal(shown(text))
    }
    return value
  }

  /// Parses one text or, for options that are lists, several.
  package func parse(_ given: OptionText, index: Int = 0) throws(OptionProblem) -> OptionValue {
    switch given {
    case .text(let text): return try parse(text, index: index)
    case .items(let items):
      guard kind == .list else { throw refusal("a list") }
      guard let value = list(items, index) else { throw refusal(shown(items.joined(separator: ", "))) }
      return value
    }
  }

  /// The problem of a value that does not fit.
  /// - Parameter what: what was given, to be read after "is".
  package func refusal(_ what: String) -> OptionProblem {
    OptionProblem(.value, option: name, message: "is \(what); allowed is \(allowed)")
  }

  private func value(of text: String, index: Int) -> OptionValue? {
    switch kind {
    case .string: OptionValue(option: index, text: text)
    case .integer: number(wholeNumber(text), index) { String($0) }
    case .boolean: boolean(text, index)
    case .choice:
      choices.firstIndex(of: text).map { OptionValue(option: index, text: text, integer: Int64($0)) }
    case .list: list(words(text), index)
    case .range: range(text, index)
    case .duration: number(Quantity.duration.value(of: text), index) { Quantity.duration.text(of: $0) }
    case .size: number(Quantity.size.value(of: text), index) { Quantity.size.text(of: $0) }
    case .address: canonicalAddress(text).map { OptionValue(option: index, text: $0) }
    case .interface: isInterfaceName(text) ? OptionValue(option: index, text: text) : nil
    case .host: hostName(text).map { OptionValue(option: index, text: $0) }
    }
  }

  private func number(_ number: Int64?, _ index: Int, _ text: (Int64) -> String) -> OptionValue? {
    guard let number, isWithinLimits(number) else { return nil }
    return OptionValue(option: index, text: text(number), integer: number)
  }

  private func isWithinLimits(_ number: Int64) -> Bool {
    !hasLimits || (minimum <= number && number <= maximum)
  }

  private func boolean(_ text: String, _ index: Int) -> OptionValue? {
    switch text {
    case "true", "yes", "on": OptionValue(option: index, text: "true", integer: 1)
    case "false", "no", "off": OptionValue(option: index, text: "false", integer: 0)
    default: nil
    }
  }

  private func list(_ items: [String], _ index: Int) -> OptionValue? {
    guard items.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) && !$0.contains(",") }) else { return nil }
    return OptionValue(option: index, text: items.joined(separator: ","), items: items)
  }

  private func range(_ text: String, _ index: Int) -> OptionValue? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { wholeNumber(trimmed($0)) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
      isWithinLimits(first), isWithinLimits(last)
    else { return nil }
    let canonical = first == last ? "\(first)" : "\(first)-\(last)"
    return OptionValue(option: index, text: canonical, integer: first, upper: last)
  }
}

/// A decimal number: digits, perhaps with `-` before them.
private func wholeNumber(_ text: String) -> Int64? {
  text.utf8.first == UInt8(ascii: "+") ? nil : Int64(text)
}

/// The words between commas, without the spaces around them.
private func words(_ text: String) -> [String] {
  text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
}

private func trimmed(_ text: Substring) -> String {
  var rest = text.drop { $0 == " " }
  while rest.last == " " { rest.removeLast() }
  return String(rest)
}

/// The rule of the kernel's `dev_valid_name` (net/core/dev.c), with IFNAMSIZ of 16 bytes.
private func isInterfaceName(_ text: String) -> Bool {
  guard (1...15).contains(text.utf8.count), text != ".", text != ".." else { return false }
  return text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
}

/// An address in canonical form, or a host name as RFC 1123 §2.1 has it, with `_` as it is met in practice.
private func hostName(_ text: String) -> String? {
  if let address = canonicalAddress(text) { return address }
  guard text.utf8.count <= 253 else { return nil }
  let labels = text.split(separator: ".", omittingEmptySubsequences: false)
  let isName = labels.allSatisfy { label in
    (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
      && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
  }
  // Four numbers that are no address are a mistyped address, not a name.
  let looksNumeric = labels.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  return isName && !looksNumeric ? text : nil
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "A")...UInt8(ascii: "Z"):
    true
  default: false
  }
}

/// A text as it stands in a sentence: quoted where it would not be seen otherwise, cut where it is long.
package func shown(_ text: String) -> String {
  let cut = text.count > 60 ? String(text.prefix(57)) + "..." : text
  if cut.isEmpty { return "empty" }
  let isPlain = cut.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f }
  return isPlain ? cut : cut.debugDescription
}
