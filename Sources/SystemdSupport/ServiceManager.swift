// systemd, as umbeld uses it: what is told to the service manager (sd_notify(3)) and what is told to the journal
// (sd_journal_send(3)). Both are calls of the control thread. Without a service manager, or without a journal, they do
// nothing or write to standard error; nobody needs to ask first.
//
// libsystemd reads $NOTIFY_SOCKET at each message, so the variables stay in this process. Programs that it starts get
// `childEnvironment`, without them: a child that speaks systemd's protocols would speak for the service.

import CSystemd
package import LinuxIO

/// The service manager that started this process, if one did.
package struct ServiceManager: Sendable {
  /// What became of a message.
  package enum Outcome: Hashable, Sendable {
    case sent
    /// There is no `$NOTIFY_SOCKET`: nobody wants to know.
    case noManager
    case failed(Errno)
  }

  /// Nanoseconds after which the manager takes a silent service for hung; nil: it does not watch. Call `watchdog` twice
  /// as often.
  package let watchdogInterval: UInt64?

  /// Reads `$WATCHDOG_USEC` and `$WATCHDOG_PID` (sd_watchdog_enabled(3)).
  package init() {
    var microseconds: UInt64 = 0
    let isWatched = unsafe sd_watchdog_enabled(0, &microseconds) > 0
    watchdogInterval = isWatched ? microseconds * 1_000 : nil
  }

  /// How many bytes of a status are sent: systemd ignores a message of more than 4,096, with all that is in it.
  static let longestStatus = 2_048

  /// The service does its work: `READY=1`. Ends a reload, too.
  /// - Parameter status: see `status`.
  @discardableResult
  package func ready(status: String) -> Outcome { notify("READY=1\n\(assignment(status))") }

  /// What `systemctl status` shows: `STATUS=`. Line breaks become spaces, and the end of a long text is left out.
  @discardableResult
  package func status(_ text: String) -> Outcome { notify(assignment(text)) }

  private func assignment(_ status: String) -> String {
    let line = status.onOneLine
    guard line.utf8.count > Self.longestStatus else { return "STATUS=\(line)" }
    var bytes = 0
    let beginning = line.prefix {
      bytes += $0.utf8.count
      return bytes <= Self.longestStatus
    }
    return "STATUS=\(beginning)…"
  }

  /// A reload begins; it ends with `ready`. `RELOADING=1` with the `MONOTONIC_USEC=` that systemd 253 and later require.
  @discardableResult
  package func reloading() -> Outcome {
    notify("RELOADING=1\nMONOTONIC_USEC=\(monotonicNanoseconds() / 1_000)")
  }

  /// The service begins to end: `STOPPING=1`.
  @discardableResult
  package func stopping() -> Outcome { notify("STOPPING=1") }

  /// All threads have shown progress: `WATCHDOG=1`.
  @discardableResult
  package func watchdog() -> Outcome { notify("WATCHDOG=1") }

  func notify(_ message: String) -> Outcome { outcome(unsafe sd_notify(0, message)) }

  func outcome(_ result: Int32) -> Outcome {
    if result > 0 { return .sent }
    return result == 0 ? .noManager : .failed(Errno(-result))
  }
}
