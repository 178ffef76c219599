import AgentAPI
import Glibc
import LinuxIO

/// `umbel top` on a terminal: asks, draws, and does what keys and signals say, one after the other.
///
///   SIGINT, q          end
///   SIGTERM, SIGHUP…   give the terminal back, and end by that signal
///   SIGTSTP            give it back, and stop; SIGCONT: take it again
///   SIGWINCH           draw on the new size
///
/// While an agent hangs each question takes as long as the sampler waits; keys are answered after it.
final class TopProgram {
  private static let endings = [SIGTERM, SIGHUP, SIGQUIT]

  private let sampler: Sampler
  private var model: TopModel
  private let interval: Interval
  private let isUnicode = Terminal.isUnicode

  /// - Parameter model: has a first snapshot.
  init(_ sampler: Sampler, _ model: TopModel, every interval: Interval) {
    self.sampler = sampler
    self.model = model
    self.interval = interval
  }

  func run() throws {
    let signals = try SignalDescriptor(blocking: Self.endings + [SIGINT, SIGTSTP, SIGCONT, SIGWINCH])
    guard Terminal.take() else { throw Errno.current }
    defer { Terminal.giveBack() }
    var next = monotonicNanoseconds() + interval.nanoseconds
    while true {
      try draw()
      let now = monotonicNanoseconds()
      let left = next > now ? Int32(clamping: (next - now + 999_999) / 1_000_000) : 0
      let ready = Terminal.wait(beside: signals.descriptor.number, milliseconds: left)
      while ready.other, let number = signals.next() { if !obey(number) { return } }
      if ready.key {
        let bytes = Terminal.read()
        if bytes.isEmpty { return }
        for key in TopKey.all(in: bytes) { if !model.press(key, page: screen.page) { return } }
      }
      if monotonicNanoseconds() >= next {
        if !model.isPaused { sample() }
        next = monotonicNanoseconds() + interval.nanoseconds
      }
    }
  }

  /// - Returns: whether to go on.
  private func obey(_ number: Int32) -> Bool {
    switch number {
    case SIGINT: return false
    case SIGTSTP:
      Terminal.giveBack()
      kill(getpid(), SIGSTOP)
      return Terminal.take()
    case SIGCONT: return Terminal.take()
    case SIGWINCH: return true
    default:
      Terminal.end(by: number)
      return false
    }
  }

  private func sample() {
    do throws(ClientError) {
      // All LANs: the one that is shown may change.
      model.take(try sampler.snapshot())
    } catch {
      model.fail(Failure(error).text)
    }
  }

  private var screen: TopScreen {
    let size = Terminal.size
    return TopScreen(model, columns: size.columns, rows: size.rows, isUnicode: isUnicode)
  }

  private func draw() throws {
    let coloured = Output.hasColours
    let screen = screen
    // Each line replaces what stood there: nothing flickers. In the last column the cursor is still on the last
    // character, which must not be erased.
    let lines = screen.lines.map { line in
      line.drawn(coloured: coloured) + (line.text.count < screen.columns ? "\u{1b}[K" : "")
    }
    try Output.write("\u{1b}[H" + lines.joined(separator: "\r\n"))
  }
}
