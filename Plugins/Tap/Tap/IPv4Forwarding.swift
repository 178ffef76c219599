import Glibc
import LinuxIO
import Synchronization

/// `net.ipv4.ip_forward`, switched on for as long as a port of this agent wants it. What was on before stays on.
///
/// Switching it off, the kernel also forgets which interfaces forwarded by themselves, and accepts redirects again: both
/// are put back as they were.
enum IPv4Forwarding {
  /// What switching it off does not bring back by itself.
  struct Former: Equatable {
    /// The interfaces that forwarded all the same.
    var forwarding: [String] = []
    /// Whether redirects were not accepted.
    var refusesRedirects = false
  }

  private struct State {
    /// Ports that want it since this agent, or the one before it, has switched it on.
    var holders = 0
    var former = Former()
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
        let former = found()
        do throws(Errno) { try TextFile.write("1", to: path) } catch { throw NetlinkRefusal(error: error) }
        state.former = former
      }
      state.holders += 1
      return true
    }
  }

  /// Goes on holding it for a port of the process before, which had found `former`.
  static func adopt(_ former: Former) {
    state.withLock { state in
      if state.holders == 0 { state.former = former }
      state.holders += 1
    }
  }

  /// What was there before.
  static var former: Former { state.withLock { $0.former } }

  /// Ends one `acquire` that returned true, or one `adopt`; the last one switches it off.
  static func release() {
    state.withLock { state in
      state.holders -= 1
      guard state.holders == 0 else { return }
      try? TextFile.write("0", to: path)
      if state.former.refusesRedirects { try? TextFile.write("0", to: redirects) }
      for name in state.former.forwarding { try? TextFile.write("1", to: forwarding(name)) }
      state.former = Former()
    }
  }

  private static let directory = "/proc/sys/net/ipv4/conf"
  private static let redirects = "\(directory)/all/accept_redirects"
  private static func forwarding(_ name: String) -> String { "\(directory)/\(name)/forwarding" }

  private static func found() -> Former {
    // "all" is the switch itself.
    let names = TextFile.names(in: directory).filter { $0 != "all" && value(forwarding($0)) == "1" }
    return Former(forwarding: names, refusesRedirects: value(redirects) == "0")
  }

  private static func value(_ path: String) -> String? {
    TextFile.read(path)?.split(separator: "\n").first.map { String($0) }
  }
}

/// As words, for the process after this one.
extension IPv4Forwarding.Former {
  private static let noRedirects = "no-redirects"
  /// Interfaces that the next process learns of at most.
  private static let mostTold = 40

  var words: [String] {
    (refusesRedirects ? [Self.noRedirects] : []) + forwarding.prefix(Self.mostTold).map { "on:\($0)" }
  }

  /// - Returns: nil: these are no such words.
  init?(_ words: some Sequence<String>) {
    self.init()
    for word in words {
      if word == Self.noRedirects {
        refusesRedirects = true
      } else if word.hasPrefix("on:"), !word.contains("/"), word != "on:", word != "on:.", word != "on:.." {
        forwarding.append(String(word.dropFirst(3)))
      } else {
        return nil
      }
    }
  }
}
