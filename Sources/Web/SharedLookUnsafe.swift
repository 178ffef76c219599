package import AgentAPI
internal import Glibc
internal import LinuxIO
internal import Synchronization

/// What the agent is asked for, by one thread at a time, however many want to know: an answer serves all who ask while it
/// is under way, and those who ask soon after. For one thread; the agent is asked on another.
package final class SharedLook<Value: Sendable> {
  package typealias Answer = Result<Value, ClientError>

  /// When it was asked, in nanoseconds of the monotonic clock, and what came.
  private var last: (asked: UInt64, answer: Answer)?
  private var waiting: [(Answer) -> Void] = []
  private var isUnderWay = false
  private let freshNanoseconds: UInt64
  private let question: Question<Answer>

  /// - Parameters:
  ///   - freshMilliseconds: how old an answer may be that is given again.
  ///   - bell: rung when `deliver` has something to do.
  ///   - ask: asks the agent; on a thread of its own.
  package init(freshMilliseconds: UInt64, bell: Bell, ask: @escaping @Sendable () -> Answer) {
    freshNanoseconds = freshMilliseconds * 1_000_000
    question = Question(bell: bell, ask: ask)
  }

  /// Calls `body` with an answer, at once or from `deliver`.
  package func get(_ body: @escaping (Answer) -> Void) {
    let now = monotonicNanoseconds()
    if let last, now - last.asked < freshNanoseconds { return body(last.answer) }
    waiting.append(body)
    guard !isUnderWay else { return }
    isUnderWay = true
    let argument = unsafe Unmanaged.passRetained(question as Asking)
    var thread = pthread_t()
    guard unsafe pthread_create(&thread, nil, askAgent, argument.toOpaque()) == 0 else {
      unsafe argument.release()
      return finish(.failure(.system(path: "umbel-web", Errno(EAGAIN))))
    }
    pthread_detach(thread)
  }

  /// Hands out the answer that has come, if one has.
  package func deliver() {
    guard let found = question.take() else { return }
    last = found
    finish(found.answer)
  }

  private func finish(_ answer: Answer) {
    isUnderWay = false
    let served = waiting
    waiting = []
    for body in served { body(answer) }
  }
}

/// What the asking thread gets.
private class Asking: @unchecked Sendable {
  // Has no state of its own, and what inherits it has a lock.
  func run() {}
}

/// A question to the agent, and the last answer.
private final class Question<Answer: Sendable>: Asking, @unchecked Sendable {
  private let bell: Bell
  private let ask: @Sendable () -> Answer
  private let found = Mutex<(asked: UInt64, answer: Answer)?>(nil)

  init(bell: Bell, ask: @escaping @Sendable () -> Answer) {
    self.bell = bell
    self.ask = ask
  }

  override func run() {
    let asked = monotonicNanoseconds()
    let answer = ask()
    found.withLock { $0 = (asked, answer) }
    bell.wakeup.signal()
  }

  func take() -> (asked: UInt64, answer: Answer)? {
    found.withLock { found in
      defer { found = nil }
      return found
    }
  }
}

private func askAgent(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  unsafe Unmanaged<Asking>.fromOpaque(argument!).takeRetainedValue().run()
  return nil
}
