import Glibc
import LinuxIO

/// Why the runtime directory cannot be used.
struct RuntimeDirectoryFailure: Error, CustomStringConvertible {
  let description: String
}

/// The agent's runtime directory, held by this process alone: two agents in one directory would take each other's sockets.
struct RuntimeDirectory: ~Copyable {
  /// Absolute: guests are given paths in it.
  let path: String
  /// Whoever has it, or a copy of it, has the directory: flock(2).
  let lock: Descriptor

  /// Takes over the directory of another process together with its lock.
  init(_ wanted: String?, lock: consuming Descriptor) throws(RuntimeDirectoryFailure) {
    let path: String
    if let wanted { path = wanted } else { path = try Self.defaultPath() }
    self.path = path.hasPrefix("/") ? path : Self.resolved(path)
    self.lock = lock
  }

  /// Makes the directory if need be, and locks it.
  /// - Parameter wanted: nil: `/run/umbel` as root, else `$XDG_RUNTIME_DIR/umbel`.
  init(_ wanted: String?) throws(RuntimeDirectoryFailure) {
    let path: String
    if let wanted { path = wanted } else { path = try Self.defaultPath() }
    // The directory may be searched by all, whatever the umask: each socket in it has its own mode.
    let isMade = unsafe mkdir(path, 0o755) == 0
    if isMade ? unsafe chmod(path, 0o755) != 0 : errno != EEXIST {
      throw RuntimeDirectoryFailure(
        description: "\(path) cannot be made: \(Errno.current). Name another directory with --runtime-dir.")
    }
    let file = path + "/umbel.lock"
    let number = unsafe Glibc.open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else {
      throw RuntimeDirectoryFailure(
        description: "\(file) cannot be made: \(Errno.current). Name another directory with --runtime-dir.")
    }
    let lock = Descriptor(owning: number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      throw RuntimeDirectoryFailure(
        description: "Another agent runs in \(path). Stop it, or name another directory with --runtime-dir.")
    }
    self.path = path.hasPrefix("/") ? path : Self.resolved(path)
    self.lock = lock
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  static func defaultPath() throws(RuntimeDirectoryFailure) -> String {
    if geteuid() == 0 { return "/run/umbel" }
    guard let directory = unsafe getenv("XDG_RUNTIME_DIR").map({ unsafe String(cString: $0) }), directory.hasPrefix("/")
    else {
      throw RuntimeDirectoryFailure(
        description:
          "Without root the agent's sockets are in $XDG_RUNTIME_DIR, which is not set to an absolute path: name a directory with --runtime-dir."
      )
    }
    return directory + "/umbel"
  }
}
