import AgentAPI
import LinuxIO
import Testing

/// Transports of other authors carry frames as they are.
struct CarryTests {
  /// A transport, and the longest frame that it takes.
  static let transports = [("minimal", 9_216), ("outside", 9_216), ("outside-swift", 9_216)] + frozen

  #if arch(x86_64)
    private static let frozen = [("frozen1", 9_000)]
  #else
    // The binary is of another machine, and is never built again.
    private static let frozen: [(String, Int)] = []
  #endif

  @Test("frames of every size cross both ways, byte for byte", arguments: transports)
  func carries(_ transport: String, _ longest: Int) throws {
    let bench = try Bench(plugins: [transport])
    let guest = try Station(9)
    var options = guest.options
    if transport == "outside" { options.merge(["local": "127.0.0.1", "peer": "127.0.0.1"]) { $1 } }
    try bench.agent.addPort("guest", transport, options)
    #expect(try bench.agent.port("guest") { $0.state == .up }.largestFrame == longest)
    let lengths = [60, 61, 63, 64, 65, 127, 128, 1_000, 1_514, 1_515, 1_518, 4_096, 8_999, 9_000, 9_215, 9_216]
    try guest.send(bench.next(to: Frames.broadcast, from: guest.address))
    #expect(try bench.left.receive() != nil)
    let inward = try bench.carry(lengths.count, from: guest, to: bench.left, lengths: lengths)
    #expect(inward == lengths.count)
    let outward = lengths.filter { $0 <= longest }
    #expect(try bench.carry(outward.count, from: bench.left, to: guest, lengths: outward) == outward.count)
    let port = try bench.agent.port("guest")
    #expect(port.counters.receivedFrames == lengths.count + 1)
    #expect(port.counters.sentFrames == outward.count)
    #expect(port.drops == [:])

    for length in lengths where length > longest {
      try bench.left.send(bench.next(to: guest.address, from: bench.left.address, length: length))
    }
    let tooLarge = lengths.count - outward.count
    let after = try bench.agent.port("guest") { $0.drops["too-large-for-port", default: 0] == tooLarge }
    #expect(after.drops["too-large-for-port", default: 0] == tooLarge)
    #expect(bench.agent.end() == 0)
  }

  @Test(.enabled(if: !frozen.isEmpty, "the frozen binary is for x86_64"))
  func `a plugin of the first ABI level still gets and gives all that it knows`() throws {
    let bench = try Bench(plugins: ["frozen1"])
    let agent = bench.agent
    let guest = try Station(9)
    try agent.addPort(
      "guest", "frozen1", guest.options.merging(["host": "localhost", "string": "words", "size": "3M"]) { $1 })
    _ = try agent.port("guest") { $0.state == .up }
    let opened =
      "lab/guest: lab/guest role=1 string=words integer=-5 boolean=1 choice=1/green list=0/- range=2-3 "
      + "duration=1500000000 size=3145728 address=127.0.0.1 interface=lo client=0"
    for _ in 0..<400 where agent.logLines(containing: "resolved=").isEmpty { pause(milliseconds: 5) }
    #expect(agent.logLines(containing: opened).count == 1, "\(agent.log)")
    #expect(agent.logLines(containing: "lab/guest: token=77 resolved=").count == 1, "\(agent.log)")

    try guest.send(bench.next(to: Frames.broadcast, from: guest.address))
    #expect(try bench.left.receive() != nil)
    #expect(try bench.carry(3, from: bench.left, to: guest) == 3)
    let stations = try agent.call(ListStations.self, ListStations.Parameters(lan: "lab")).stations
    #expect(stations.first { $0.port == "guest" }?.remote == 1)
    let port = try agent.port("guest") { $0.transportCounters["ticks", default: 0] > 1 }
    #expect(port.transportCounters["readies"] == 1)
    #expect(port.transportCounters["to-remote"] == 3)
    #expect(port.transportCounters["ticks", default: 0] > 1)

    // The remote goes, and its station with it: frames for it go to everyone. The sweep of the FDB takes a minute for
    // that, but is done at once when more remotes have gone than it keeps in mind.
    for _ in 0..<17 { try guest.send(Array("gone".utf8)) }
    _ = try agent.port("guest") { $0.transportCounters["runts"] == 17 }
    #expect(try bench.carry(3, from: bench.left, to: guest) == 3)
    #expect(try agent.port("guest").transportCounters["to-remote"] == 3)
    #expect(agent.end() == 0)
  }
}
