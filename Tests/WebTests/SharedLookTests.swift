import AgentAPI
import LinuxIO
import Synchronization
import Testing
import Web

@Suite("One question to the agent for all who look")
struct SharedLookTests {
  /// Counts how often the agent is asked.
  private final class Agent: Sendable {
    private let asked = Mutex(0)

    func ask() -> Result<Int, ClientError> {
      .success(
        asked.withLock { number in
          number += 1
          return number
        })
    }
  }

  /// What each of `number` who want to know at once is told.
  private func answers(_ number: Int, _ look: SharedLook<Int>, _ bell: Bell) -> [Int] {
    var told: [Int] = []
    for _ in 0..<number { look.get { told.append((try? $0.get()) ?? 0) } }
    if told.isEmpty {
      bell.wakeup.wait()
      look.deliver()
    }
    return told
  }

  @Test func `fifty who ask at once, and who comes soon after, get one answer`() throws {
    let bell = try Bell()
    let agent = Agent()
    let look = SharedLook(freshMilliseconds: 3_600_000, bell: bell) { agent.ask() }
    #expect(answers(50, look, bell) == Array(repeating: 1, count: 50))
    #expect(answers(1, look, bell) == [1])
  }

  @Test func `an answer that is too old is asked for again`() throws {
    let bell = try Bell()
    let agent = Agent()
    let look = SharedLook(freshMilliseconds: 0, bell: bell) { agent.ask() }
    #expect(answers(2, look, bell) == [1, 1])
    #expect(answers(2, look, bell) == [2, 2])
  }
}
