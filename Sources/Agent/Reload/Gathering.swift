/// Things that were begun and are awaited together, but not longer than a deadline: a forwarding thread that is stuck must
/// not keep a reload from answering.
final class Gathering {
  private var missing = 1
  private var action: (() -> Void)?
  private var timer: ControlLoop.Timer?
  private let loop: ControlLoop

  /// - Parameter action: called once, by `close` at the earliest, when all has ended or the time is over.
  init(on loop: ControlLoop, within milliseconds: UInt64, then action: @escaping () -> Void) {
    self.loop = loop
    self.action = action
    timer = loop.after(milliseconds: milliseconds) { self.finish() }
  }

  /// Something begins. What is returned is to be called when it has ended.
  func begin() -> () -> Void {
    missing += 1
    return { self.end() }
  }

  /// Nothing more begins.
  func close() { end() }

  private func end() {
    missing -= 1
    if missing == 0 { finish() }
  }

  private func finish() {
    guard let action else { return }
    self.action = nil
    if let timer { loop.cancel(timer) }
    action()
  }
}
