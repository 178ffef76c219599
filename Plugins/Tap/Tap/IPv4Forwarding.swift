import Glibc
import LinuxIO
import Synchronization

/// `net.ipv4.ip_forward`, switched on for as long as a port of this agent wants it. What was on before stays on.
///
/// Switching it off, the kernel also forgets which interfaces forwarded by themselves, and accepts redirects again: both
/// are put back as they were.
enum IPv4Forwarding {
  private struct State {
    /// Ports that want it since this agent has switched it on.
    var holders = 0
    /// The files that switching changes, and what they held.
    var former: [(path: String, text: String)] = []
  }

  // Ports of several agents in one process, as in tests, have several control threads.
  private static let state = Mutex(State())
  private static let path = "/proc/sys/net/ipv4/ip_forward"

  /// Switches it on where it is off.
  /// - Returns: whether it is to be released: not when somebody else has switched it on.
  static func acquire() throws(NetlinkRefusal) -> Bool {
    try state.withLock { state throws(NetlinkRefusal) in
      if state.holders == 0 {
        if value(path) == "1" { return false }
        let former = sideEffects()
        do throws(Errno) { try TextFile.write("1", to: path) } catch { throw NetlinkRefusal(error: error) }
        state.former = former
      }
      state.holders += 1
      return true
    }
  }

  /// Ends one `acquire` that returned true; the last one switches it off.
  static func release() {
    state.withLock { state in
      state.holders -= 1
      guard state.holders == 0 else { return }
      try? TextFile.write("0", to: path)
      for file in state.former where value(file.path) != file.text { try? TextFile.write(file.text, to: file.path) }
      state.former = []
    }
  }

  private static func sideEffects() -> [(path: String, text: String)] {
    let directory = "/proc/sys/net/ipv4/conf"
    let forwarding = TextFile.names(in: directory).map { "\(directory)/\($0)/forwarding" }
    // "all" first: it changes all the others.
    let paths = ["\(directory)/all/accept_redirects"] + forwarding.filter { !$0.contains("/conf/all/") }
    return paths.compactMap { path in value(path).map { (path, $0) } }
  }

  private static func value(_ path: String) -> String? {
    TextFile.read(path)?.split(separator: "\n").first.map { String($0) }
  }
}
