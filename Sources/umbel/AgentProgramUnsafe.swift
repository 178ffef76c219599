import Glibc

/// The agent's program.
enum AgentProgram {
  /// The path of the `umbeld` in the directory of this program, symbolic links resolved; nil when there is none.
  static var besideThisOne: String? {
    guard let resolved = unsafe realpath("/proc/self/exe", nil) else { return nil }
    defer { unsafe free(resolved) }
    let own = unsafe String(cString: resolved)
    guard let slash = own.lastIndex(of: "/") else { return nil }
    let path = String(own[...slash]) + "umbeld"
    return unsafe access(path, X_OK) == 0 ? path : nil
  }
}
