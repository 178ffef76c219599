import LinuxIO

/// Questions to forwarding threads whose answers are awaited together, but not longer than a deadline: a thread that is
/// stuck in a plugin cannot keep `umbel status` from answering.
final class Inquiry {
  /// A thread between two batches answers in microseconds; this is for one that is not.
  static let deadlineMilliseconds: UInt64 = 250

  private let threads: [ForwardingThread]
  /// Which of them were asked.
  private let asked: [Bool]
  private let loop: ControlLoop
  private var missing: Int
  private var answers: [ForwardingCommand?]
  private var action: (([ForwardingCommand?]) -> Void)?
  private var timer: ControlLoop.Timer?

  /// One question: to whom, and how the command is made with a completion.
  typealias Question = (
    thread: ForwardingThread, make: (_ completion: @escaping (ForwardingCommand) -> Void) -> ForwardingCommand
  )

  /// Asks, and calls `action` once with the answers in the order of the questions; nil: none in time.
  static func ask(
    _ questions: [Question], within milliseconds: UInt64 = deadlineMilliseconds, on loop: ControlLoop,
    then action: @escaping ([ForwardingCommand?]) -> Void
  ) {
    // A thread that has not answered in time is not asked again until it has: its questions would gather.
    let asked = questions.map { $0.thread.overdueAnswers == 0 }
    let inquiry = Inquiry(questions.map(\.thread), asked, loop: loop, action: action)
    for (index, question) in questions.enumerated() where asked[index] {
      question.thread.post(question.make { command in inquiry.take(command, index) })
    }
    inquiry.begin(milliseconds)
  }

  private init(
    _ threads: [ForwardingThread], _ asked: [Bool], loop: ControlLoop, action: @escaping ([ForwardingCommand?]) -> Void
  ) {
    self.threads = threads
    self.asked = asked
    self.loop = loop
    self.action = action
    missing = asked.count { $0 }
    answers = Array(repeating: nil, count: threads.count)
  }

  private func begin(_ milliseconds: UInt64) {
    if missing == 0 { return finish() }
    timer = loop.after(milliseconds: milliseconds) {
      // One more round: when it was the control thread that was busy, the answers are at hand and only have to be read.
      self.timer = self.loop.after(milliseconds: 0) { self.finish() }
    }
  }

  private func take(_ command: ForwardingCommand, _ index: Int) {
    guard action != nil else {
      threads[index].overdueAnswers -= 1
      return
    }
    answers[index] = command
    missing -= 1
    if missing == 0 { finish() }
  }

  private func finish() {
    guard let action else { return }
    self.action = nil
    if let timer { loop.cancel(timer) }
    // The commands hold their completions, which hold this object: it must not hold them.
    let answers = self.answers
    self.answers = []
    for index in threads.indices where asked[index] && answers[index] == nil { threads[index].overdueAnswers += 1 }
    action(answers)
  }
}
