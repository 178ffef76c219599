import AgentAPI
import Testing

struct PortOptionTests {
  @Test func `a port shows the options it was given`() throws {
    let bench = try Bench()
    let expected = bench.left.options.mapValues { [$0] }
    #expect(try bench.agent.port("left").options == expected)
    let added = try Station(3)
    #expect(try bench.agent.addPort("added", "minimal", added.options).options == added.options.mapValues { [$0] })
    #expect(bench.agent.end() == 0)
  }
}
