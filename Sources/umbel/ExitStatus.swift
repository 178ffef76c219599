/// How `umbel` ends when it fails: the numbers of `<sysexits.h>`.
package enum ExitStatus: Int32 {
  /// `doctor` has found a fault: not of sysexits.
  case faultFound = 1
  /// Wrong arguments, or options that the agent refuses.
  case usage = 64
  /// What was named does not exist.
  case noInput = 66
  /// No agent answers.
  case unavailable = 69
  /// The agent, or what it asked of the kernel, failed.
  case osError = 71
  /// What was to be made exists, or there are too many.
  case cannotCreate = 73
  /// The output could not be written.
  case ioError = 74
  /// The agent said what this version does not understand.
  case badProtocol = 76
  /// The caller may not.
  case noPermission = 77
  /// The configuration is wrong.
  case configuration = 78
  /// No such command to run: as shells say it, not sysexits.
  case commandNotFound = 127
  /// A command that cannot be run: as shells say it, not sysexits.
  case commandNotRunnable = 126
}
