/// What a reload did.
package enum ChangeKind: String, Codable, CaseIterable, Sendable {
  case added
  case removed
  /// While it ran.
  case changed
  /// Ended, and made anew.
  case reopened
  /// It was made by hand, and belongs to the configuration from now on.
  case adopted
}
