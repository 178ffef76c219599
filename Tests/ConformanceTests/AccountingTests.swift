import AgentAPI
import LinuxIO
import Testing

/// Every frame is accounted for at the port that it came in by and at every port that it should leave by.
struct AccountingTests {
  @Test func `what a port received was forwarded or dropped for a reason`() throws {
    let bench = try Bench(plugins: ["outside"])
    let agent = bench.agent
    let guest = try Station(9)
    try agent.addPort(
      "guest", "outside", guest.options.merging(["local": "127.0.0.1", "peer": "127.0.0.1"]) { $1 })
    _ = try agent.port("guest") { $0.state == .up }
    let before = try agent.port("left")
    let group: MACAddressBytes = [3, 0, 0, 0, 0, 1]

    let kinds: [(count: Int, frame: () -> [UInt8])] = [
      (300, { bench.next(to: bench.left.address, from: guest.address) }),  // known
      (100, { bench.next(to: Frames.broadcast, from: guest.address) }),  // to all
      (50, { bench.next(to: bench.left.address, from: group) }),  // a source that none can have
      (40, { bench.next(to: guest.address, from: guest.address) }),  // behind the same port
      (30, { Frames.frame(to: [1, 0x80, 0xc2, 0, 0, 1], from: guest.address, length: 60, serial: 0, type: 0x8808) }),
      (20, { Array(bench.next(to: bench.left.address, from: guest.address).prefix(13)) }),  // runts
      (10, { [] }),  // and empty ones
      (5, { bench.next(to: bench.left.address, from: guest.address, length: 9_217) }),
    ]
    var sent = 0
    for kind in kinds {
      for _ in 0..<kind.count {
        try guest.send(kind.frame())
        sent += 1
        // Less than what the transport's socket holds.
        if sent % 20 == 0 { pause(milliseconds: 2) }
      }
    }
    let port = try agent.port("guest") { $0.counters.receivedFrames >= 520 && $0.transportCounters["oversize"] == 5 }
    // A frame is counted where it came in before it is where it goes to.
    let left = try agent.port("left") { $0.counters.sentFrames - before.counters.sentFrames >= 400 }
    let right = try agent.port("right") { $0.counters.sentFrames - before.counters.sentFrames >= 100 }
    #expect(port.counters.receivedFrames == 520)
    #expect(port.transportCounters == ["runt": 30, "oversize": 5])
    #expect(port.drops == ["invalid-source": 50, "same-segment": 40, "pause-frame": 30])
    #expect(port.counters.flooded == 100)
    #expect(left.counters.sentFrames - before.counters.sentFrames == 400)
    #expect(left.drops == [:])
    #expect(right.counters.sentFrames == before.counters.sentFrames + 100)
    #expect(agent.end() == 0)
  }

  @Test(
    "what was offered to a port was sent, waits, or was dropped for a reason",
    arguments: ["none", "send-nothing", "send-again", "send-error"])
  func offered(_ fault: String) throws {
    let bench = try Bench(plugins: ["bad"], settings: "    queue: 128K")
    let agent = bench.agent
    let guest = try Station(9)
    try agent.addPort("bad", "bad", guest.options.merging(["fault": fault]) { $1 })
    _ = try agent.port("bad") { $0.state == .up }
    for index in 0..<500 {
      try bench.left.send(bench.next(to: Frames.broadcast, from: bench.left.address, length: 1_000))
      if index % 10 == 9 { pause(milliseconds: 1) }
    }
    let left = try agent.port("left") { $0.counters.receivedFrames >= 501 }
    #expect(left.counters.receivedFrames == 501)
    let port = try agent.port("bad") { Self.accounted($0) >= 500 }
    #expect(Self.accounted(port) == 500)
    switch fault {
    case "none": #expect(port.counters.sentFrames == 500)
    case "send-error": #expect(port.drops == ["send-failed": 500])
    default:
      // 1,040 bytes each with what the queue needs itself.
      #expect(port.counters.queuedFrames == 126)
      #expect(port.counters.queuedBytes <= 128 << 10)
      #expect(port.drops == ["queue-full": 374])
    }
    #expect(agent.end() == 0)
  }

  /// Frames offered to a port that were sent, wait, or were dropped.
  private static func accounted(_ port: Port) -> Int {
    port.counters.sentFrames + port.counters.queuedFrames + port.drops.values.reduce(0, +)
  }
}
