package import ManagementConsole

/// A guest that runs, and what its console said.
package struct RunningGuest {
  /// Whether its console answers.
  package enum Console: String, Encodable {
    case answers
    /// Its process lives, but does not answer: stopped, or busy.
    case silent
    /// The caller may not ask it.
    case closed
  }

  package var directory: GuestDirectory
  package var console: Console
  /// Nil: not asked, or not answered; as the following.
  package var version: GuestVersion?
  package var uptimeSeconds: Int?
  /// Its network devices that are up.
  package var up: Set<String>?

  package init(directory: GuestDirectory, console: Console) {
    self.directory = directory
    self.console = console
  }

  /// Asks the guest.
  /// - Returns: nil when there is none: what it left behind, or no guest at all.
  init?(asking directory: GuestDirectory) {
    let process = HostProcess(directory.processId)
    do throws(ConsoleError) {
      // A list of many guests must not wait long for one that is stopped.
      guard let version = GuestVersion(try directory.console.ask("version", timeoutMilliseconds: 1_000)) else {
        return nil
      }
      self.init(directory: directory, console: .answers)
      self.version = version
    } catch {
      switch error {
      // Helpers of a guest that was killed may still hold its socket, and its number may be another process's.
      case .silent where process.words?.contains("umid=\(directory.umid)") == true:
        self.init(directory: directory, console: .silent)
      case .notPermitted where process.isAlive:
        self.init(directory: directory, console: .closed)
      default: return nil
      }
      return
    }
    let console = directory.console
    uptimeSeconds = (try? console.ask("proc uptime")).flatMap { Int($0.prefix { $0.isNumber }) }
    up = (try? console.ask("proc interrupts")).map { GuestDevice.namesUp(interrupts: $0) }
  }
}
