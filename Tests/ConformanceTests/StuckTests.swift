import AgentAPI
import LinuxIO
import Testing

/// A transport that waits on a forwarding thread stops that thread, and nothing else.
struct StuckTests {
  @Test func `status answers within a second while a thread is stuck, and says which`() throws {
    let bench = try Bench(plugins: ["bad"], head: "threads: 1")
    let agent = bench.agent
    let guest = try Station(9)
    try agent.addPort("bad", "bad", guest.options.merging(["fault": "receive-sleeps", "amount": "2500"]) { $1 })
    _ = try agent.port("bad") { $0.state == .up }
    try guest.send(bench.next(to: bench.left.address, from: guest.address))
    pause(milliseconds: 50)

    var started = monotonicNanoseconds()
    let status = try agent.status()
    #expect(monotonicNanoseconds() - started < 1_000_000_000)
    #expect(status.forwardingThreads.map(\.responding) == [false])
    #expect(status.lans.map(\.fresh) == [false])
    started = monotonicNanoseconds()
    let ports = try agent.ports()
    #expect(monotonicNanoseconds() - started < 1_000_000_000)
    #expect(ports.map(\.fresh) == [false, false, false])

    // It was only slow: what has waited goes on.
    #expect(try bench.left.receiveOwn(within: 4_000) != nil)
    for _ in 0..<200 where try !agent.isResponding() { pause(milliseconds: 5) }
    let later = try agent.status()
    #expect(later.forwardingThreads.map(\.responding) == [true])
    #expect(later.lans.map(\.fresh) == [true])
    #expect(try agent.ports().map(\.fresh) == [true, true, true])
    try bench.goodPortsCarry()
    try agent.removePort("bad")
    #expect(agent.end() == 0)
  }

  @Test func `a stuck thread does not keep the agent from ending`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "receive-sleeps", "amount": "20000"]) { $1 })
    _ = try bench.agent.port("bad") { $0.state == .up }
    try guest.send(bench.next(to: bench.left.address, from: guest.address))
    pause(milliseconds: 50)
    #expect(try !bench.agent.isResponding())
    #expect(bench.agent.end() == 0)
  }

  @Test func `LANs of another forwarding thread go on while one is stuck`() throws {
    let bench = try Bench(plugins: ["bad"], head: "threads: 2")
    let agent = bench.agent
    let stuck = try Station(9)
    _ = try agent.call(AddLan.self, AddLan.Parameters(name: "other", doors: []))
    try agent.addPort(
      "bad", "bad", stuck.options.merging(["fault": "receive-sleeps", "amount": "2000"]) { $1 }, lan: "other")
    _ = try agent.port("bad") { $0.state == .up }
    try stuck.send(bench.next(to: Frames.broadcast, from: stuck.address))
    pause(milliseconds: 50)
    try bench.goodPortsCarry()
    let threads = try agent.status().forwardingThreads
    #expect(threads.map(\.lans) == [["lab"], ["other"]])
    #expect(threads.map(\.responding) == [true, false])
    #expect(agent.end() == 0)
  }

  @Test func `a stuck thread is not asked again and again`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "receive-sleeps", "amount": "2500"]) { $1 })
    _ = try bench.agent.port("bad") { $0.state == .up }
    try guest.send(bench.next(to: bench.left.address, from: guest.address))
    pause(milliseconds: 50)
    #expect(try !bench.agent.isResponding())
    // Questions would gather in the agent, and each would be waited for.
    let started = monotonicNanoseconds()
    for _ in 0..<100 { #expect(try !bench.agent.isResponding()) }
    #expect(monotonicNanoseconds() - started < 1_500_000_000)
    _ = try bench.left.receiveOwn(within: 4_000)
    for _ in 0..<200 where try !bench.agent.isResponding() { pause(milliseconds: 5) }
    #expect(try bench.agent.isResponding())
    #expect(bench.agent.end() == 0)
  }
}
