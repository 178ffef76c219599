import LinuxIO

/// Stands for a service manager that watches the agent: takes its messages (sd_notify(3)) and notes when it was fed.
final class WatchingManager {
  /// What the agent finds in its environment.
  let environment: [String]
  private let workplace: Workplace
  private let socket: Descriptor
  private var buffer = [UInt8](repeating: 0, count: 4_096)
  /// When WATCHDOG=1 came last: nanoseconds of CLOCK_MONOTONIC; 0: never.
  private(set) var fedAt: UInt64 = 0

  /// - Parameter milliseconds: after how much silence it would end the agent.
  init(milliseconds: UInt64) throws {
    workplace = try Workplace()
    let path = workplace.path + "/notify"
    socket = try UnixSocket.listen(at: path, kind: .datagram, mode: 0o600, group: nil, wantsCredentials: true)
    environment = ["NOTIFY_SOCKET=\(path)", "WATCHDOG_USEC=\(milliseconds * 1_000)"]
  }

  /// Takes the messages that have come.
  /// - Returns: whether the watchdog was fed.
  @discardableResult
  func isFed() -> Bool {
    var isFed = false
    while let received = try? UnixSocket.receiveWithSender(from: socket, into: &buffer) {
      if String(decoding: buffer.prefix(received.length), as: UTF8.self) == "WATCHDOG=1" { isFed = true }
    }
    if isFed { fedAt = monotonicNanoseconds() }
    return isFed
  }

  /// Waits until the watchdog is fed once more.
  func isFed(within milliseconds: Int) -> Bool {
    isFed()
    let deadline = monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
    while monotonicNanoseconds() < deadline {
      if isFed() { return true }
      pause(milliseconds: 5)
    }
    return false
  }
}
