/// A guest in User Mode Linux that announced itself to the agent, until its process ends. What it says of itself is not
/// checked; its process and user are what the kernel says.
package struct Guest: Codable, Hashable, Sendable {
  /// Its umid.
  package var name: String
  /// Of its management console's socket; absolute.
  package var console: String
  /// Of its main process, in the agent's PID namespace.
  package var processId: Int
  /// Of that process.
  package var userId: Int
  /// Since it did.
  package var announcedSecondsAgo: Int
  /// The last panic or hang that it told; empty: none.
  package var trouble: String

  package init(
    name: String, console: String, processId: Int, userId: Int, announcedSecondsAgo: Int, trouble: String
  ) {
    self.name = name
    self.console = console
    self.processId = processId
    self.userId = userId
    self.announcedSecondsAgo = announcedSecondsAgo
    self.trouble = trouble
  }
}
