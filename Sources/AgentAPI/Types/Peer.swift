/// Who is behind a guest port, in numbers of the agent's namespaces.
package struct Peer: Codable, Hashable, Sendable {
  /// Effective, when it connected.
  package var userId: Int
  /// Effective, when it connected.
  package var groupId: Int
  /// Nil when the process cannot be seen from the agent's PID namespace.
  package var processId: Int?
  /// Nil for a port made by `Attach`.
  package var door: String?

  package init(userId: Int, groupId: Int, processId: Int? = nil, door: String? = nil) {
    self.userId = userId
    self.groupId = groupId
    self.processId = processId
    self.door = door
  }
}
