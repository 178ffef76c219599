import Glibc
package import LinuxIO

/// A directory that a guest made: `<uml_dir>/<umid>`, with its console's socket and its process number.
package struct GuestDirectory: Hashable, Sendable {
  /// The guest's name: `umid=` of its command line, or one that it made up.
  package let umid: String
  /// Absolute.
  package let path: String
  /// What `pid` says: the guest's main process, in the PID namespace of the guest.
  package let processId: Int32

  package init(umid: String, path: String, processId: Int32) {
    self.umid = umid
    self.path = path
    self.processId = processId
  }

  /// The guest's console.
  package var console: ManagementConsole { ManagementConsole(path: consolePath, processId: processId) }
  package var consolePath: String { path + "/mconsole" }

  /// The directories in a `uml_dir`, by name: also those that guests left behind when they were killed.
  /// - Throws: `ENOENT` when there is no such directory, `EACCES`.
  package static func all(in umlDirectory: String) throws(Errno) -> [GuestDirectory] {
    try HostFiles.names(in: umlDirectory).sorted().compactMap { name in
      GuestDirectory(at: "\(umlDirectory)/\(name)")
    }
  }

  /// - Parameter path: absolute.
  /// - Returns: nil when there is no `pid` with a number, or no socket.
  package init?(at path: String) {
    // The number and a newline.
    guard let text = HostFiles.text(path + "/pid", limit: 16), let number = Int32(text.prefix { $0.isNumber }),
      number > 0, let slash = path.lastIndex(of: "/"), HostFiles.isSocket(path + "/mconsole")
    else { return nil }
    self.init(umid: String(path[path.index(after: slash)...]), path: path, processId: number)
  }

  /// The directory of a guest that somebody else knows.
  /// - Parameter user: whose the console's socket must be: nobody else's sockets are written to.
  /// - Returns: nil when it is another user's; not when the caller may not look.
  package static func announced(umid: String, path: String, processId: Int32, user: UInt32) -> GuestDirectory? {
    let directory = GuestDirectory(umid: umid, path: path, processId: processId)
    guard let owner = HostFiles.owner(directory.consolePath) else { return directory }
    return owner == user ? directory : nil
  }
}
