/// A way in that a transport serves: a listening Unix socket in a LAN's runtime directory.
package struct DoorDescription: Hashable, Sendable {
  /// As in a LAN's `doors:`; `[a-z][a-z0-9-]*`.
  package let name: String
  /// Relative to the LAN's runtime directory.
  package let path: String
  /// One line.
  package let help: String
  /// `SOCK_STREAM` or `SOCK_SEQPACKET`.
  package let socketType: Int32

  package init(name: String, path: String, help: String, socketType: Int32) {
    self.name = name
    self.path = path
    self.help = help
    self.socketType = socketType
  }
}
