/// A way into a LAN: a listening socket.
package struct Door: Codable, Hashable, Sendable {
  /// As in a LAN's `doors`.
  package var name: String
  /// Absolute; what a guest is given.
  package var path: String

  package init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}
