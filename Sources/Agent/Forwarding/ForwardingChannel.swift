import LinuxIO
package import Synchronization

/// What lies between the control thread and one forwarding thread: rings that neither waits for, and what wakes them.
package final class ForwardingChannel: Sendable {
  /// Commands under way at most; more wait on the control thread's side.
  static let commandCapacity = 1_024
  static let reportCapacity = 1_024
  static let helloCapacity = 128

  /// Addresses of retained commands, to the forwarding thread.
  let commands: Ring<UInt>
  /// The same addresses, back. As large as `commands`, so a finished command always finds room.
  let completions: Ring<UInt>
  let reports: Ring<ForwardingReport>
  let hellos: Ring<HelloReport>
  /// Wakes the forwarding thread.
  let wakeup: Wakeup
  /// Wakes the control thread.
  let controlWakeup: Wakeup
  /// Reports that found no room.
  package let lostReports = Atomic<UInt64>(0)
  /// Hellos that found no room, or were too many of one port.
  package let lostHellos = Atomic<UInt64>(0)

  init() throws(Errno) {
    commands = try Ring(capacity: Self.commandCapacity)
    completions = try Ring(capacity: Self.commandCapacity)
    reports = try Ring(capacity: Self.reportCapacity)
    hellos = try Ring(capacity: Self.helloCapacity)
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

  /// Forwarding thread. Without room the hello is counted as lost.
  func tell(_ hello: HelloReport) {
    guard hellos.push(hello) else {
      lostHellos.add(1, ordering: .relaxed)
      return
    }
    controlWakeup.signal()
  }
}
