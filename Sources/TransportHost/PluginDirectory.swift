import Glibc
import LinuxIO

/// The directory that transports are loaded from, and the rules a file in it must meet.
///
/// A plugin runs with the agent's rights, so whoever can write it is the agent. It must lie in the directory (links are
/// resolved first), belong to root or to the agent's user, and be writable by nobody else; the same holds for the
/// directory.
package struct PluginDirectory: Sendable {
  /// The directory, without links.
  package let path: String

  /// - Parameter path: the directory; must exist.
  package init(_ path: String) throws(TransportRefusal) {
    self.path = try Self.resolve(path, name: "")
    try Self.checkOwner(of: self.path, what: "the plugin directory")
  }

  /// Names of the transports in the directory, sorted.
  package func names() -> [String] {
    guard let stream = unsafe opendir(path) else { return [] }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let file = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      guard file.hasPrefix("libumbel-"), file.hasSuffix(".so") else { continue }
      let name = String(file.dropFirst("libumbel-".count).dropLast(".so".count))
      if Self.isName(name) { names.append(name) }
    }
    return names.sorted()
  }

  /// The file of a transport, checked.
  /// - Parameter name: of the transport: `[a-z0-9-]+`.
  /// - Returns: the path without links.
  package func file(of name: String) throws(TransportRefusal) -> String {
    guard Self.isName(name) else { throw .badName(name) }
    let wanted = "\(path)/libumbel-\(name).so"
    guard unsafe access(wanted, F_OK) == 0 || isLink(wanted) else {
      throw .noSuchFile(name: name, path: wanted, known: names())
    }
    let file = try Self.resolve(wanted, name: name)
    guard file.hasPrefix(path == "/" ? "/" : path + "/") else {
      throw .outsideDirectory(name: name, file: file, directory: path)
    }
    try Self.checkOwner(of: file, what: "plugin \(name)")
    return file
  }

  private func isLink(_ file: String) -> Bool {
    var status = stat()
    return unsafe lstat(file, &status) == 0
  }

  static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 64
      && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
  }

  private static func resolve(_ path: String, name: String) throws(TransportRefusal) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
      throw .unreadable(path: path, reason: Errno.current.description)
    }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  private static func checkOwner(of path: String, what: String) throws(TransportRefusal) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw .unreadable(path: path, reason: Errno.current.description)
    }
    guard status.st_uid == 0 || status.st_uid == geteuid() else {
      throw .foreignOwner(what: what, path: path, owner: status.st_uid)
    }
    let groupMayWrite = status.st_mode & 0o020 != 0 && status.st_gid != 0 && status.st_gid != getegid()
    guard status.st_mode & 0o002 == 0, !groupMayWrite else {
      throw .writableByOthers(what: what, path: path)
    }
  }
}
