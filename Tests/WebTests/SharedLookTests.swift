import AgentAPI
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
  private func answers(_ number: Int, _ look: SharedLook<Int>) async -> [Int] {
    await withTaskGroup { group in
      for _ in 0..<number { group.addTask { (try? await look.get().get()) ?? 0 } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test func `fifty who ask at once, and who comes soon after, get one answer`() async {
    let agent = Agent()
    let look = SharedLook(freshMilliseconds: 3_600_000) { agent.ask() }
    #expect(await answers(50, look) == Array(repeating: 1, count: 50))
    #expect(await answers(1, look) == [1])
  }

  @Test func `an answer that is too old is asked for again`() async {
    let agent = Agent()
    let look = SharedLook(freshMilliseconds: 0) { agent.ask() }
    #expect(await answers(1, look) == [1])
    #expect(await answers(1, look) == [2])
  }
}
