import CSystemd
import Glibc

extension ServiceManager {
  /// Variables that are for this process alone (sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)).
  private static let own = [
    "NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC",
  ]

  /// By which another process of this service speaks to the manager in this one's place: `NOTIFY_SOCKET` and
  /// `WATCHDOG_USEC`, as far as they are set. Not `WATCHDOG_PID`, which means this process.
  package static var ownEnvironment: [String: String] {
    var found: [String: String] = [:]
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "FDSTORE"] {
      if let value = unsafe getenv(name) { found[name] = unsafe String(cString: value) }
    }
    return found
  }

  /// The environment for programs that this process starts, as `NAME=value`: all but what the service manager said to
  /// this process alone.
  package static var childEnvironment: [String] {
    var entries = [String]()
    while let entry = unsafe csystemd_environment(entries.count) { entries.append(unsafe String(cString: entry)) }
    return entries.filter { entry in !own.contains { entry.hasPrefix("\($0)=") } }
  }
}
