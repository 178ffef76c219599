import Glibc
import Testing

@testable import Agent

struct FreezingTests {
  @Test func `a thread that is told to rest and to go on at once goes on`() throws {
    let thread = try ForwardingThread(index: 0)
    // Busy: it reads what comes meanwhile in one go.
    unsafe thread.post(ForwardingCommand(.ping))
    for _ in 0..<200 {
      unsafe thread.post(ForwardingCommand(.freeze))
      unsafe thread.post(ForwardingCommand(.thaw))
    }
    var isThawed = false
    unsafe thread.post(ForwardingCommand(.thaw) { _ in isThawed = true })
    for _ in 0..<2_000 where !isThawed {
      thread.finishCommands()
      usleep(1_000)
    }
    #expect(isThawed)
    thread.stop()
  }
}
