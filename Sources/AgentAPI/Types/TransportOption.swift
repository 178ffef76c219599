/// An option of a transport, as it describes itself.
package struct TransportOption: Codable, Hashable, Sendable {
  /// As in a configuration.
  package var name: String
  /// Which texts it takes.
  package var type: OptionType
  /// One line, with units and range.
  package var help: String
  /// As one would write it; nil: the option stays unset when not given.
  package var `default`: String?
  /// The words that a choice takes.
  package var choices: [String]
  /// Must be given.
  package var required: Bool
  /// May change while the port runs.
  package var live: Bool
  /// In the unit of the type (nanoseconds, bytes); nil: no limits.
  package var minimum: Int?
  /// As `minimum`.
  package var maximum: Int?

  package init(
    name: String, type: OptionType, help: String, `default`: String? = nil, choices: [String], required: Bool,
    live: Bool, minimum: Int? = nil, maximum: Int? = nil
  ) {
    self.name = name
    self.type = type
    self.help = help
    self.default = `default`
    self.choices = choices
    self.required = required
    self.live = live
    self.minimum = minimum
    self.maximum = maximum
  }
}
