/// Who is behind a guest port, in numbers of the agent's namespaces.
package struct Peer: Codable, Hashable, Sendable {
  /// Effective, when it connected; nil: see `address`.
  package var userId: Int?
  /// Effective, when it connected; nil: see `address`.
  package var groupId: Int?
  /// Nil when the process cannot be seen from the agent's PID namespace.
  package var processId: Int?
  /// Of a peer over TCP, of which nothing else is known.
  package var address: String?
  /// Nil for a port made by `Attach`.
  package var door: String?

  package init(
    userId: Int? = nil, groupId: Int? = nil, processId: Int? = nil, address: String? = nil, door: String? = nil
  ) {
    self.userId = userId
    self.groupId = groupId
    self.processId = processId
    self.address = address
    self.door = door
  }
}
