/// One thing that is wrong with a configuration.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
  package let location: SourceLocation
  /// The key at fault; nil where there is none, such as in a file that is not YAML.
  package let key: String?
  /// What is wrong and what is allowed; read after the key: "is 300; allowed is 0 to 255".
  package let message: String

  package init(_ location: SourceLocation, key: String? = nil, _ message: String) {
    self.location = location
    self.key = key
    self.message = message
  }

  /// `file:line:column: key: message`
  package var description: String {
    key.map { "\(location): \($0): \(message)" } ?? "\(location): \(message)"
  }
}

/// Everything that is wrong with a configuration: files in the order they are read, each from top to bottom.
package struct ConfigurationProblems: Error, Hashable, Sendable, CustomStringConvertible {
  /// At least one.
  package let problems: [ConfigurationProblem]

  package init(_ problems: [ConfigurationProblem]) { self.problems = problems }

  /// One line for each.
  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
