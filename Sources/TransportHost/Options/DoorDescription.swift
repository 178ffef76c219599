/// A way in that a transport serves: a Unix socket in a LAN's runtime directory, or where the configuration says.
package struct DoorDescription: Hashable, Sendable {
  /// As in a LAN's `doors:`; `[a-z][a-z0-9-]*`.
  package let name: String
  /// Relative to the LAN's runtime directory.
  package let path: String
  /// One line.
  package let help: String
  /// `SOCK_STREAM`, `SOCK_SEQPACKET` or `SOCK_DGRAM`.
  package let socketType: Int32
  /// UMBEL_DOOR_DIRECTORY: its clients make sockets beside the door's own.
  package let hasOwnDirectory: Bool
  /// UMBEL_DOOR_INTERNET: it may listen at a TCP address as well.
  package let takesInternet: Bool

  package init(
    name: String, path: String, help: String, socketType: Int32, hasOwnDirectory: Bool = false,
    takesInternet: Bool = false
  ) {
    self.name = name
    self.path = path
    self.help = help
    self.socketType = socketType
    self.hasOwnDirectory = hasOwnDirectory
    self.takesInternet = takesInternet
  }

  /// The directories on the way to its socket, outermost first, relative to the LAN's: `vde` for `vde/ctl`. The last is
  /// its own, if it has one.
  package var directories: [String] {
    let parts = path.split(separator: "/").dropLast()
    return parts.indices.map { parts[...$0].joined(separator: "/") }
  }
}
