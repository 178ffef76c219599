// Option tables.
//
// A transport says which options it has; the agent checks configurations against that table, writes help and completes
// words from it, and hands the transport only values that fit. These are plain values: TransportHost copies them out of
// the C table once, and nothing here points into a plugin. The agent's own settings of a LAN are described by the same
// type, so that there is one parser and one style of complaint.

/// One option: its name, what it takes, and what the agent needs to know to check and explain it.
package struct OptionDescription: Hashable, Sendable {
  /// `[a-z][a-z0-9-]*`
  package let name: String
  /// One line with units and range.
  package let help: String
  /// As a user would write it; nil: the option stays absent when it is not given.
  package let defaultText: String?
  /// The words a choice may be; empty for the other kinds.
  package let choices: [String]
  /// Limits of integers, ranges, durations (nanoseconds) and sizes (bytes), both inclusive; both 0: none.
  package let minimum: Int64
  package let maximum: Int64
  package let kind: OptionKind
  /// It must be given.
  package let isRequired: Bool
  /// It may change while the port runs; others reopen the port.
  package let isLive: Bool

  package init(
    name: String, help: String, defaultText: String? = nil, choices: [String] = [], minimum: Int64 = 0,
    maximum: Int64 = 0, kind: OptionKind, isRequired: Bool = false, isLive: Bool = false
  ) {
    self.name = name
    self.help = help
    self.defaultText = defaultText
    self.choices = choices
    self.minimum = minimum
    self.maximum = maximum
    self.kind = kind
    self.isRequired = isRequired
    self.isLive = isLive
  }

  /// Whether `minimum` and `maximum` mean anything.
  package var hasLimits: Bool { minimum != 0 || maximum != 0 }

  /// What the option takes, to be read after "allowed is": "0 to 255".
  package var allowed: String {
    switch kind {
    case .string: "text without a NUL"
    case .integer: hasLimits ? "\(minimum) to \(maximum)" : "a whole number"
    case .boolean: "true, false, yes, no, on or off"
    case .choice: alternatives(choices)
    case .list: "a list of words without commas"
    case .range: "a number or a range such as 4000-5000" + (hasLimits ? ", within \(minimum) to \(maximum)" : "")
    case .duration: "a number with ns, us, ms, s, min or h" + limits(in: .duration)
    case .size: "bytes, or a number with K, M or G" + limits(in: .size)
    case .address: "an IPv4 or IPv6 address"
    case .interface: "an interface's name, 1 to 15 bytes without space, / and :"
    case .host: "a host name or an address"
    }
  }

  private func limits(in unit: Quantity) -> String {
    hasLimits ? ", from \(unit.text(of: minimum)) to \(unit.text(of: maximum))" : ""
  }
}

/// Words in a sentence: "a, b or c".
package func alternatives(_ words: [String]) -> String {
  guard words.count > 1, let last = words.last else { return words.first ?? "nothing" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
