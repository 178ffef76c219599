import LinuxIO
package import Synchronization

/// What lies between the control thread and one forwarding thread: rings that neither waits for, and what wakes them.
package final class ForwardingChannel: Sendable {
  /// Commands under way at most; more wait on the control thread's side.
  static let commandCapacity = 1_024
  static let reportCapacity = 1_024

  /// Addresses of retained commands, to the forwarding thread.
  let commands: Ring<UInt>
  /// The same addresses, back. As large as `commands`, so a finished command always finds room.
  let completions: Ring<UInt>
  let reports: Ring<ForwardingReport>
  /// Wakes the forwarding thread.
  let wakeup: Wakeup
  /// Wakes the control thread.
  let controlWakeup: Wakeup
  /// Reports that found no room.
  package let lostReports = Atomic<UInt64>(0)

  init() throws(Errno) {
    commands = try Ring(capacity: Self.commandCapacity)
    completions = try Ring(capacity: Self.commandCapacity)
    reports = try Ring(capacity: Self.reportCapacity)
    wakeup = try Wakeup()
    controlWakeup = try Wakeup()
  }

  /// Forwarding thread. False: no room, and the report is counted as lost.
  func report(_ report: ForwardingReport) -> Bool {
    guard reports.push(report) else {
      lostReports.add(1, ordering: .relaxed)
      return false
    }
    controlWakeup.signal()
    return true
  }
}
