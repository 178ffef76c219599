import Testing
import TransportHost

@testable import Agent

struct PortKeepingTests {
  private func heritage(isQuiet: Bool) -> Heritage { Heritage(isQuiet: isQuiet, kept: [], state: [1]) }

  @Test func `what a port said while nothing moved is asked again when a hand-over has come to nothing`() {
    var keeping = PortKeeping()
    #expect(keeping.isStale)
    keeping.take(heritage(isQuiet: false))
    #expect(!keeping.isStale)
    keeping.take(heritage(isQuiet: true))
    #expect(keeping.isStale)
    keeping.take(nil)
    #expect(!keeping.isStale && keeping.heritage == nil)
  }
}
