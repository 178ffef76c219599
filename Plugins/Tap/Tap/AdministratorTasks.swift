import Glibc
import LinuxIO

/// What an agent without CAP_NET_ADMIN cannot do, as commands for somebody who can.
struct AdministratorTasks {
  private(set) var commands: [String] = []

  /// Carries out `body`, which does what `command` does; notes the command when this agent may not.
  /// - Returns: whether it was done.
  @discardableResult
  mutating func attempt(_ command: String, _ body: () throws(NetlinkRefusal) -> Void) throws(TapObstacle) -> Bool {
    do throws(NetlinkRefusal) {
      try body()
      return true
    } catch {
      guard [EPERM, EACCES, EROFS].contains(error.error.code) else {
        throw TapObstacle("\(command) fails: \(error)", code: error.error.code)
      }
      commands.append("sudo \(command)")
      return false
    }
  }

  /// Notes a command.
  mutating func note(_ command: String) { commands.append("sudo \(command)") }
}
