package import AgentAPI
internal import LinuxIO
internal import NIOPosix

/// What the agent is asked for, once at a time, however many want to know: an answer serves all who ask while it is under
/// way, and those who ask soon after.
package actor SharedLook<Value: Sendable> {
  package typealias Answer = Result<Value, ClientError>

  /// When it was asked, in nanoseconds of the monotonic clock, and what came.
  private var last: (asked: UInt64, answer: Answer)?
  private var underWay: Task<Answer, Never>?
  private let freshNanoseconds: UInt64
  private let ask: @Sendable () -> Answer

  /// - Parameters:
  ///   - freshMilliseconds: how old an answer may be that is given again.
  ///   - ask: asks the agent. May block: it runs on a thread that is there for that.
  package init(freshMilliseconds: UInt64, ask: @escaping @Sendable () -> Answer) {
    freshNanoseconds = freshMilliseconds * 1_000_000
    self.ask = ask
  }

  /// An answer that is under way or fresh, or a new one.
  package func get() async -> Answer {
    if let underWay { return await underWay.value }
    let asked = monotonicNanoseconds()
    if let last, asked - last.asked < freshNanoseconds { return last.answer }
    let task = Task { [ask] in await Self.blocking(ask) }
    underWay = task
    let answer = await task.value
    last = (asked, answer)
    underWay = nil
    return answer
  }

  private static func blocking(_ ask: @escaping @Sendable () -> Answer) async -> Answer {
    do {
      return try await askingThreads.runIfActive(ask)
    } catch {
      // They run as long as the program.
      preconditionFailure("\(error)")
    }
  }
}

/// For the state and the stations, which are asked for at the same time at most.
private let askingThreads: NIOThreadPool = {
  let threads = NIOThreadPool(numberOfThreads: 2)
  threads.start()
  return threads
}()
