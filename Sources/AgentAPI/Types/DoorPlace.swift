/// A door that is to be opened, and where.
package struct DoorPlace: Codable, Hashable, Sendable {
  /// The door's name.
  package var door: String
  /// Absolute path of its socket; nil, with `listen`: at its place in the LAN's directory.
  package var path: String?
  /// A TCP address with a port, for doors that take such clients.
  package var listen: String?
  /// Permissions of the socket's file in octal; nil: 0660.
  package var mode: String?
  /// Name or number of the group that owns the socket's file; nil: umbel.
  package var group: String?

  package init(
    door: String, path: String? = nil, listen: String? = nil, mode: String? = nil, group: String? = nil
  ) {
    self.door = door
    self.path = path
    self.listen = listen
    self.mode = mode
    self.group = group
  }

  /// What a command line says: `vde`, `vde=/tmp/uml.ctl`, `stream=127.0.0.1:5555`.
  package init(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    self.init(door: parts[0])
    guard parts.count == 2 else { return }
    if parts[1].hasPrefix("/") { path = parts[1] } else { listen = parts[1] }
  }
}
