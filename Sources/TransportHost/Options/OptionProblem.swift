/// Why what was written for one option is refused.
package struct OptionProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Which part of what was written is at fault.
  package enum Fault: Hashable, Sendable {
    /// The value of an option that exists.
    case value
    /// The name: there is no such option.
    case unknown
    /// The name: it stands there for the second time.
    case repeated
    /// A required option is not there.
    case missing
    /// The transport's own table is wrong, which no user can cure.
    case table
  }

  package let fault: Fault
  /// The option's name, as given.
  package let option: String
  /// Position in what was given; nil where nothing was given.
  package let position: Int?
  /// What is wrong and what is allowed, to be read after the name: "is 300; allowed is 0 to 255".
  package let message: String

  package init(_ fault: Fault, option: String, position: Int? = nil, message: String) {
    self.fault = fault
    self.option = option
    self.position = position
    self.message = message
  }

  /// The whole sentence: "ttl is 300; allowed is 0 to 255".
  package var description: String { "\(option) \(message)" }
}

/// Everything that is wrong with what was written for the options of one port.
package struct OptionProblems: Error, Hashable, Sendable, CustomStringConvertible {
  /// At least one, in the order of what was given, then the missing ones.
  package let problems: [OptionProblem]

  package init(_ problems: [OptionProblem]) { self.problems = problems }

  /// All sentences, separated by ". ".
  package var description: String { problems.map(\.description).joined(separator: ". ") }
}
