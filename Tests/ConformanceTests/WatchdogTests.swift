import AgentAPI
import LinuxIO
import Testing

/// The service manager hears that all is well only while every forwarding thread makes progress, and the journal hears
/// which one does not before the service manager ends the agent.
struct WatchdogTests {
  private static let watchMilliseconds: UInt64 = 1_000

  /// A bench whose one forwarding thread is stuck for some time, as soon as the guest's frame comes.
  private func stuckBench(_ manager: WatchingManager, milliseconds: Int, threads: Int = 1) throws -> Bench {
    let bench = try Bench(plugins: ["bad"], head: "threads: \(threads)", environment: manager.environment)
    let guest = try Station(9)
    try bench.agent.addPort(
      "bad", "bad", guest.options.merging(["fault": "receive-sleeps", "amount": "\(milliseconds)"]) { $1 })
    _ = try bench.agent.port("bad") { $0.state == .up }
    #expect(manager.isFed(within: 1_000))
    try guest.send(bench.next(to: bench.left.address, from: guest.address))
    return bench
  }

  @Test func `a stuck thread is named with its LAN in time before the watchdog's end, and is not fed for`() throws {
    let manager = try WatchingManager(milliseconds: Self.watchMilliseconds)
    let bench = try stuckBench(manager, milliseconds: 2_500)
    for _ in 0..<400 where bench.agent.logLines(containing: "no progress").isEmpty {
      manager.isFed()
      pause(milliseconds: 5)
    }
    let silent = monotonicNanoseconds() - manager.fedAt
    let record = bench.agent.logLines(containing: "no progress")
    #expect(record.count == 1)
    #expect(record.first?.hasPrefix("<3>forward-0 has made no progress for") == true)
    #expect(record.first?.hasSuffix("(lan=lab thread=forward-0)") == true, "\(record)")
    // A quarter of the time is left for the record to be written down.
    #expect(silent < Self.watchMilliseconds * 1_000_000 * 3 / 4)
    #expect(!manager.isFed(within: Int(Self.watchMilliseconds)))

    // It was only slow.
    #expect(manager.isFed(within: 3_000))
    #expect(bench.agent.logLines(containing: "<5>forward-0 goes on after").count == 1)
    #expect(bench.agent.logLines(containing: "no progress").count == 1)
    #expect(bench.agent.end() == 0)
  }

  @Test func `a thread that is slow for less than half of the watchdog's time is fed for`() throws {
    let manager = try WatchingManager(milliseconds: 3_000)
    let bench = try stuckBench(manager, milliseconds: 500)
    #expect(manager.isFed(within: 2_000))
    #expect(bench.agent.logLines(containing: "forward-0").isEmpty)
    #expect(bench.agent.end() == 0)
  }

  @Test func `one stuck thread of two is enough, and the other is not blamed`() throws {
    let manager = try WatchingManager(milliseconds: Self.watchMilliseconds)
    let bench = try stuckBench(manager, milliseconds: 2_000, threads: 2)
    for _ in 0..<400 where bench.agent.logLines(containing: "no progress").isEmpty { pause(milliseconds: 5) }
    #expect(bench.agent.logLines(containing: "no progress").count == 1)
    manager.isFed()
    #expect(!manager.isFed(within: 500))
    #expect(manager.isFed(within: 3_000))
    #expect(bench.agent.logLines(containing: "forward-1").isEmpty)
    #expect(bench.agent.end() == 0)
  }
}
