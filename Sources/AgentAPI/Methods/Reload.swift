/// Reads the configuration again and applies what differs from what is there. Answered when it is in force; refused as a
/// whole with ``AgentError/Kind/configurationRefused``.
package enum Reload: AgentMethod {
  package static let name = MethodName.reload
  package typealias Parameters = Nothing

  package struct Reply: Codable, Hashable, Sendable {
    /// Sorted by LAN; of each, first itself, then its doors, then its ports.
    package var changes: [Change]
    /// What is not as the configuration asks, such as a port that waits, and what else is worth knowing: sentences.
    package var notes: [String]

    package init(changes: [Change], notes: [String]) {
      self.changes = changes
      self.notes = notes
    }
  }
}
