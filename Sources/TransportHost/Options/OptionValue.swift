/// The value of one option, given or by default; the fields are those of `umbel_value` in `umbel_transport.h`.
package struct OptionValue: Hashable, Sendable {
  /// Index of the option in its transport's table.
  package let option: Int
  /// Canonical text: equal values have equal texts, and parsing it gives this value again.
  package let text: String
  /// The texts of a list; empty for the other kinds.
  package let items: [String]
  /// A number, 0 or 1 for a boolean, the index of a choice, nanoseconds of a duration, bytes of a size, the first number
  /// of a range; 0 for the other kinds.
  package let integer: Int64
  /// The last number of a range; 0 for the other kinds.
  package let upper: Int64

  package init(option: Int, text: String, items: [String] = [], integer: Int64 = 0, upper: Int64 = 0) {
    self.option = option
    self.text = text
    self.items = items
    self.integer = integer
    self.upper = upper
  }
}
