import CTransport
import Glibc
import LinuxIO
import Synchronization
import TransportHost

/// Resolves host names without stopping the control thread: each question runs getaddrinfo on a thread of its own, and
/// the answer comes back by the control loop. Bounded, since a resolver that hangs would gather threads.
final class NameResolver {
  /// Questions under way at most.
  static let mostQuestions = 16

  private let loop: ControlLoop
  private let answers: AnswerBox
  private var waiting: [UInt64: (ResolvedAddresses) -> Void] = [:]
  private var nextNumber: UInt64 = 0

  init(loop: ControlLoop) throws(Errno) {
    self.loop = loop
    answers = AnswerBox(wakeup: try Wakeup())
    try loop.watch(answers.wakeup.descriptor.number) { [unowned self] _ in self.deliver() }
  }

  /// Calls `action` on the control thread with what was found.
  /// - Throws: `EAGAIN` when too many questions are under way.
  func resolve(_ name: String, _ action: @escaping (ResolvedAddresses) -> Void) throws(Errno) {
    guard waiting.count < Self.mostQuestions else { throw Errno(EAGAIN) }
    nextNumber += 1
    let question = Question(name: name, number: nextNumber, answers: answers)
    let argument = unsafe Unmanaged.passRetained(question)
    var thread = pthread_t()
    let error = unsafe pthread_create(&thread, nil, askResolver, argument.toOpaque())
    guard error == 0 else {
      unsafe argument.release()
      throw Errno(error)
    }
    pthread_detach(thread)
    waiting[nextNumber] = action
  }

  private func deliver() {
    answers.wakeup.clear()
    for answer in answers.takeAll() { waiting.removeValue(forKey: answer.number)?(answer.result) }
  }
}

/// Where resolver threads leave their answers.
private final class AnswerBox: Sendable {
  let wakeup: Wakeup
  private let list = Mutex<[(number: UInt64, result: ResolvedAddresses)]>([])

  init(wakeup: consuming Wakeup) { self.wakeup = wakeup }

  func add(_ number: UInt64, _ result: ResolvedAddresses) {
    list.withLock { $0.append((number, result)) }
    wakeup.signal()
  }

  func takeAll() -> [(number: UInt64, result: ResolvedAddresses)] {
    list.withLock { list in
      defer { list = [] }
      return list
    }
  }
}

private final class Question: Sendable {
  let name: String
  let number: UInt64
  let answers: AnswerBox

  init(name: String, number: UInt64, answers: AnswerBox) {
    self.name = name
    self.number = number
    self.answers = answers
  }
}

private func askResolver(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let question = unsafe Unmanaged<Question>.fromOpaque(argument!).takeRetainedValue()
  question.answers.add(question.number, ResolvedAddresses(resolving: question.name))
  return nil
}
