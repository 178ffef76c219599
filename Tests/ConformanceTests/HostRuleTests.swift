import AgentAPI
import LinuxIO
import Testing

/// What the host owes to a transport that keeps the rules.
struct HostRuleTests {
  @Test("a deadline that changes in a call is kept", arguments: ["deadline-by-ready", "deadline-by-send"])
  func deadline(_ fault: String) throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": fault]) { $1 })
    _ = try bench.agent.port("bad") { $0.state == .up }
    try bench.left.send(bench.next(to: Frames.broadcast, from: bench.left.address))
    #expect(try guest.receive() != nil)
    let port = try bench.agent.port("bad") { $0.transportCounters["ticks"] != nil }
    #expect(port.transportCounters["ticks"] == 1)
    #expect(bench.agent.end() == 0)
  }

  @Test func `a host name is resolved, and the answer comes on the control thread`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "resolve"]) { $1 })
    for _ in 0..<400 where bench.agent.logLines(containing: "token 77 resolved").isEmpty { pause(milliseconds: 5) }
    let lines = bench.agent.logLines(containing: "token")
    #expect(lines.count == 1)
    #expect(lines.allSatisfy { $0.contains("127.0.0.1 on the control thread") || $0.contains("::1 on the control") })
    #expect(bench.agent.logLines(containing: "lab/bad: not on a forwarding thread").count == 1)
    #expect(bench.agent.end() == 0)
  }

  @Test func `a name that is followed has its answer, and prepare comes after it, once`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "follow"]) { $1 })
    for _ in 0..<400 where bench.agent.logLines(containing: "a name has its answer").isEmpty { pause(milliseconds: 5) }
    let lines = bench.agent.logLines(containing: "lab/bad").filter { $0.contains("token") || $0.contains("answer") }
    #expect(lines.count == 2)
    #expect(lines.first?.contains("token 78 resolved to") == true)
    #expect(lines.last?.contains("a name has its answer") == true)
    // It ends in the middle of a question.
    try bench.agent.addPort("short", "bad", try Station(10).options.merging(["fault": "follow"]) { $1 })
    try bench.agent.removePort("short")
    #expect(bench.agent.end() == 0)
  }

  @Test func `a condition is a record with who is behind it, and many of them are few records`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "condition-storm"]) { $1 })
    pause(milliseconds: 500)
    let lines = bench.agent.logLines(containing: "lab/bad: it should not send")
    #expect(
      lines.allSatisfy { $0.hasPrefix("<4>") && $0.contains("(errno=1 lan=lab peer=192.0.2.9 port=bad transport=bad)") }
    )
    #expect((20...22).contains(lines.count), "\(lines.count)")
    pause(milliseconds: 1_500)
    let later = bench.agent.logLines(containing: "records were left out before")
    #expect(!later.isEmpty)
    #expect(bench.agent.end() == 0)
  }

  @Test func `a condition of a kind that is not known is logged in its own words`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "condition-unknown"]) { $1 })
    _ = try bench.agent.port("bad") { $0.state == .up }
    let lines = bench.agent.logLines(containing: "lab/bad: xxxx")
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("<5>") == true)
    #expect(lines.first?.contains(" peer=\(String(repeating: "x", count: 63)) ") == true)
    #expect(bench.agent.end() == 0)
  }

  @Test func `a cable whose far end is away stays up`() throws {
    let bench = try Bench()
    // A station that is gone when its port comes.
    let options = try Station(9).options
    try bench.agent.addPort("lonely", "minimal", options)
    _ = try bench.agent.port("lonely") { $0.state == .up }
    // Each frame is answered by a port unreachable, which the transport's socket reports as an error.
    for _ in 0..<300 {
      try bench.left.send(bench.next(to: Frames.broadcast, from: bench.left.address))
      #expect(try bench.right.receive() != nil)
    }
    #expect(try bench.agent.port("lonely").state == .up, "\(bench.agent.log)")
    #expect(bench.agent.end() == 0)
  }
}
