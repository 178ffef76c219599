/// What a user wrote for an option: one text, or a list of them.
package enum OptionText: Hashable, Sendable {
  case text(String)
  case items([String])
}
