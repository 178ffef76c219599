import AgentAPI
import LinuxIO
import Testing

/// Whatever a transport does wrong, the agent and its other ports go on.
struct FaultTests {
  @Test func `the tests know every fault of the transport bad`() throws {
    let agent = try AgentProcess(plugins: ["bad"], configuration: "lans: {lab: {doors: []}}")
    let transports = try agent.call(ListTransports.self, Nothing()).transports
    let options = try #require(transports.first { $0.name == "bad" }).options
    let faults = try #require(options.first { $0.name == "fault" }).choices
    let tested = Fault.ofPorts.map(\.name) + Fault.ofOpening.map(\.0) + Fault.late + Fault.special
    #expect(faults.sorted() == tested.sorted())
  }

  @Test("a transport with a fault harms nobody but its own port", arguments: Fault.ofPorts)
  func survives(_ fault: Fault) throws {
    let bench = try Bench(plugins: ["bad"])
    let agent = bench.agent
    let anonymous = try #require(agent.child.anonymousKiB)
    let guest = try Station(9)
    let expected = fault.outcome
    try agent.addPort("bad", "bad", guest.options.merging(["fault": fault.name]) { $1 })

    if expected.state == .up || expected.isByItself { _ = try agent.port("bad") { $0.state == expected.state } }
    let (received, sent) = try exchange(bench, guest, expected.receives, expected.sends)
    #expect(received == (expected.receives ? 3 : 0))
    #expect(sent == (expected.sends ? 3 : 0))
    try bench.goodPortsCarry()
    let port = try agent.port("bad") { $0.state == expected.state }
    #expect(port.state == expected.state)
    #expect(port.text.contains(expected.text))
    #expect(port.text.utf8.count < 240 && port.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
    if !expected.drops.isEmpty { #expect(port.drops == expected.drops) }
    #expect(try agent.port("left").drops == expected.dropsElsewhere)
    pause(milliseconds: 50)
    #expect(agent.cpuShare(milliseconds: 250) < 0.25)
    let reports = agent.logLines(containing: "plugin bad breaks a rule at lab/bad")
    #expect(reports.count == (expected.report == nil ? 0 : 1), "\(reports)")
    #expect(reports.allSatisfy { $0.contains(expected.report ?? "") }, "\(reports)")
    #expect(try #require(agent.child.anonymousKiB) < anonymous + 4_096)
    #expect(agent.log.utf8.count < 64 << 10)
    #expect(try agent.isResponding())
    try agent.removePort("bad")
    #expect(try agent.ports().map(\.name) == ["left", "right"])
    try bench.goodPortsCarry()
    // It comes again, and is there when the agent ends.
    try agent.addPort("bad", "bad", guest.options.merging(["fault": fault.name]) { $1 })
    #expect(agent.end() == 0, "\(agent.log.suffix(2_000))")
  }

  /// Three frames in by the guest's port, three out.
  /// - Parameters:
  ///   - receives, sends: whether they will arrive; what will not is not waited for as long.
  /// - Returns: how many reached the station at the other end.
  private func exchange(
    _ bench: Bench, _ guest: Station, _ receives: Bool = true, _ sends: Bool = true
  ) throws -> (received: Int, sent: Int) {
    var (received, sent) = (0, 0)
    for _ in 0..<3 {
      let inward = bench.next(to: bench.left.address, from: guest.address)
      try guest.send(inward)
      if try bench.left.receiveOwn(within: receives ? 2_000 : 50) == inward { received += 1 }
    }
    for _ in 0..<3 {
      let outward = bench.next(to: guest.address, from: bench.left.address)
      try bench.left.send(outward)
      if try guest.receiveOwn(within: sends ? 2_000 : 50) == outward { sent += 1 }
    }
    return (received, sent)
  }

  @Test("a transport that cannot open says why, or that it does not", arguments: Fault.ofOpening)
  func refuses(_ fault: String, _ text: String) throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    do {
      try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": fault]) { $1 })
      Issue.record("\(fault) opens a port")
    } catch let error as ClientError {
      guard case .refused(let refusal) = error else { throw error }
      #expect(refusal.kind == .failed)
      #expect(refusal.details.what == text + ".")
    }
    #expect(try bench.agent.ports().map(\.name) == ["left", "right"])
    try bench.goodPortsCarry()
    #expect(bench.agent.end() == 0)
  }

  @Test("a port that has ended cannot disturb its successor", arguments: Fault.late)
  func endsForGood(_ fault: String) throws {
    let bench = try Bench(plugins: ["bad"])
    let agent = bench.agent
    let guest = try Station(9)
    for _ in 0..<3 {
      try agent.addPort("bad", "bad", guest.options.merging(["fault": fault]) { $1 })
      _ = try agent.port("bad") { $0.state == .up }
      #expect(try exchange(bench, guest) == (3, 3))
      try agent.removePort("bad")
      try agent.addPort("bad", "bad", guest.options)
      _ = try agent.port("bad") { $0.state == .up }
      #expect(try exchange(bench, guest) == (3, 3))
      let shown = try agent.port("bad")
      #expect(shown.state == .up && shown.text == "" && shown.stations == 1)
      try agent.removePort("bad")
    }
    // Once in stop, once in close, where the port is still there; never afterwards.
    #expect(agent.logLines(containing: "still here").count <= 6)
    try bench.goodPortsCarry()
    #expect(try agent.isResponding())
    #expect(agent.end() == 0)
  }

  @Test func `a transport that changes its state all the time does not fill the journal`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "state-storm"]) { $1 })
    try bench.goodPortsCarry()
    #expect(bench.agent.cpuShare(milliseconds: 500) < 0.3)
    #expect(bench.agent.logLines(containing: "lab/bad").count < 100)
    #expect(try bench.agent.isResponding())
    try bench.agent.removePort("bad")
    #expect(bench.agent.end() == 0)
  }

  @Test func `a transport that repeats a frame for ever leaves others their turn`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "receive-more-frames"]) { $1 })
    // To a station behind the port itself, so that nobody else is flooded.
    try guest.send(bench.next(to: guest.address, from: guest.address))
    let port = try bench.agent.port("bad") { $0.counters.receivedFrames > 10_000 }
    #expect(port.counters.receivedFrames > 10_000)
    try bench.goodPortsCarry()
    #expect(try bench.agent.isResponding())
    try bench.agent.removePort("bad")
    #expect(bench.agent.cpuShare(milliseconds: 200) < 0.2)
    #expect(bench.agent.end() == 0)
  }
}
