/// How much a record matters; the numbers of `<syslog.h>` and of `UMBEL_LOG_*` in `umbel_transport.h`.
package enum JournalPriority: Int32, Sendable, CaseIterable {
  /// Something the user asked for does not work, and will not by itself.
  case error = 3
  /// Something does not work as it should, or soon will not.
  case warning = 4
  /// Normal, and worth to be known: a LAN is up.
  case notice = 5
  /// Normal.
  case info = 6
  /// For who looks for a fault in umbeld.
  case debug = 7

  /// The word before a line on a terminal.
  var word: String {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .notice: "notice"
    case .info: "info"
    case .debug: "debug"
    }
  }
}
