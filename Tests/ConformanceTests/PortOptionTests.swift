import AgentAPI
import Testing

struct PortOptionTests {
  /// The agent's own of a guest port, with their defaults, but for loop-guard, which the LAN of a bench has off.
  private let usual = [
    "loop-guard": "false", "mss-clamp": "true", "too-big": "true", "coalesce": "true", "oversize": "fragment",
    "storm-broadcast": "20000", "storm-multicast": "100000", "storm-unknown": "100000",
  ]

  @Test func `a port shows the options it was given, and the agent's own`() throws {
    let bench = try Bench()
    #expect(try bench.agent.port("left").options == shown(bench.left.options))
    let added = try Station(3)
    #expect(try bench.agent.addPort("added", "minimal", added.options, isQuiet: false).options == shown(added.options))
    #expect(bench.agent.end() == 0)
  }

  @Test func `the agent's own options of a port can be given with the transport's`() throws {
    let bench = try Bench()
    let added = try Station(3)
    let given = added.options.merging(["storm-broadcast": "500", "loop-guard": "on", "oversize": "drop"]) { $1 }
    let expected = shown(added.options).merging(
      ["storm-broadcast": ["500"], "loop-guard": ["true"], "oversize": ["drop"]]
    ) { $1 }
    #expect(try bench.agent.addPort("added", "minimal", given, isQuiet: false).options == expected)
    #expect(bench.agent.end() == 0)
  }

  @Test func `an option that makes no sense for the role is refused with the role that has it`() throws {
    let bench = try Bench()
    let added = try Station(3)
    do {
      try bench.agent.addPort("added", "minimal", added.options.merging(["hello": "on"]) { $1 })
      Issue.record("it was added")
    } catch {
      #expect("\(error)".contains("is an option of trunk ports, and this is a guest port"), "\(error)")
    }
    #expect(bench.agent.end() == 0)
  }

  private func shown(_ options: [String: String]) -> [String: [String]] {
    usual.merging(options) { $1 }.mapValues { [$0] }
  }
}
