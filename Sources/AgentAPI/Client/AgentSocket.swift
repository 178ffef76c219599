import Glibc

/// Where the agent's control socket is.
package enum AgentSocket {
  /// The variable that names it.
  package static let variable = "UMBEL_SOCKET"

  /// The socket of the agent that root or the service manager started.
  package static let systemPath = "/run/umbel/umbel.sock"

  /// Looks where the caller's agent listens: `option`, `$UMBEL_SOCKET`, without root
  /// `$XDG_RUNTIME_DIR/umbel/umbel.sock` where that exists, and `systemPath`.
  package static func path(option: String?) -> String {
    path(option: option, userId: geteuid(), environment: environment) { unsafe access($0, F_OK) == 0 }
  }

  /// The same, with what it asks the system as parameters.
  package static func path(
    option: String?, userId: UInt32, environment: (String) -> String?, exists: (String) -> Bool
  ) -> String {
    if let option { return option }
    if let path = environment(variable), !path.isEmpty { return path }
    if userId != 0, let directory = environment("XDG_RUNTIME_DIR"), directory.hasPrefix("/") {
      let path = directory + "/umbel/umbel.sock"
      if exists(path) { return path }
    }
    return systemPath
  }

  private static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
