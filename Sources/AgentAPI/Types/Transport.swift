/// A plugin that was loaded.
package struct Transport: Codable, Hashable, Sendable {
  /// As in a configuration.
  package var name: String
  /// One line.
  package var summary: String
  /// Of the shared object.
  package var path: String
  /// What its ports can be for.
  package var roles: [Role]
  /// Of a port that names none.
  package var defaultRole: Role
  /// Names of the doors it serves.
  package var doors: [String]
  /// What its ports can be told.
  package var options: [TransportOption]
  /// What the agent can be told of its ports, beside them.
  package var portOptions: [TransportOption]

  package init(
    name: String, summary: String, path: String, roles: [Role], defaultRole: Role, doors: [String],
    options: [TransportOption], portOptions: [TransportOption] = []
  ) {
    self.name = name
    self.summary = summary
    self.path = path
    self.roles = roles
    self.defaultRole = defaultRole
    self.doors = doors
    self.options = options
    self.portOptions = portOptions
  }
}
