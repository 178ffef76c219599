import Testing

@testable import Hello

private let second: UInt64 = 1_000_000_000
private let low = AgentID(high: 1, low: 0)
private let high = AgentID(high: 2, low: 0)

struct LoopGuardTests {
  private func probes(_ loopGuard: inout LoopGuard, from start: UInt64, seconds: UInt64) -> Int {
    stride(from: start, to: start + seconds * second, by: 50_000_000).count { loopGuard.probe(now: $0) != nil }
  }

  @Test func `a port that came up probes four times a second, later twice`() {
    var loopGuard = LoopGuard(now: 0)
    let counts = [probes(&loopGuard, from: 0, seconds: 5), probes(&loopGuard, from: 6 * second, seconds: 10)]
    #expect(counts == [20, 20])
  }

  @Test func `a hint makes it probe at once and faster`() {
    var loopGuard = LoopGuard(now: 0)
    _ = probes(&loopGuard, from: 0, seconds: 20)
    loopGuard.hurry(now: 20 * second + 1)
    let first = loopGuard.probe(now: 20 * second + 1)
    let count = probes(&loopGuard, from: 20 * second + 300_000_000, seconds: 4)
    #expect(first != nil)
    #expect(count == 16)
  }

  @Test func `a number that was sent is known, another is not`() throws {
    var loopGuard = LoopGuard(now: 0)
    let sent = loopGuard.probe(now: 0)
    let token = try #require(sent)
    #expect(loopGuard.sent(token))
    #expect(!loopGuard.sent(token &+ 1))
  }

  @Test func `a shut port opens after half a minute if the loop is gone`() {
    var loopGuard = LoopGuard(now: 0)
    let isShut = loopGuard.shut(now: second)
    let opened = [30, 31].map { loopGuard.reopen(now: $0 * second) }
    #expect(isShut)
    #expect(opened == [false, true])
  }

  @Test func `a shut port stays shut while probes are heard`() {
    var loopGuard = LoopGuard(now: 0)
    _ = loopGuard.shut(now: second)
    let isShutAgain = loopGuard.shut(now: 40 * second)
    let opened = [42, 43].map { loopGuard.reopen(now: $0 * second) }
    #expect(!isShutAgain)
    #expect(opened == [false, true])
  }

  @Test func `the back-off doubles up to five minutes`() {
    var loopGuard = LoopGuard(now: 0)
    var now = second
    var times: [UInt64] = []
    for _ in 0..<6 {
      _ = loopGuard.shut(now: now)
      let start = now
      while !loopGuard.reopen(now: now) { now += second }
      times.append((now - start) / second)
    }
    #expect(times == [30, 60, 120, 240, 300, 300])
  }

  @Test func `of two own ports the higher is shut, wherever the probe is heard`() {
    #expect(LoopGuard.portToShut(.own(3), heardAt: 8, isGuarded: true, agent: low) == 8)
    #expect(LoopGuard.portToShut(.own(8), heardAt: 3, isGuarded: true, agent: low) == 8)
  }

  @Test func `a trunk that brings in an own probe is not shut but the port that sent it`() {
    #expect(LoopGuard.portToShut(.own(3), heardAt: 8, isGuarded: false, agent: low) == 3)
  }

  @Test func `of two agents' ports the owner of the higher one shuts it`() {
    let sender = { AgentFrame.Sender(agent: $0, lan: 1, port: 5) }
    #expect(LoopGuard.portToShut(.peer(sender(low)), heardAt: 3, isGuarded: true, agent: high) == 3)
    #expect(LoopGuard.portToShut(.peer(sender(high)), heardAt: 9, isGuarded: true, agent: low) == nil)
  }
}

struct TrunkPathTests {
  private let paths = [
    TrunkPath(trunk: 5, peerPort: 9, place: 1, isUp: true), TrunkPath(trunk: 7, peerPort: 3, place: 2, isUp: true),
  ]

  /// The same ways as the other agent sees them.
  private func seenFromThere(_ paths: [TrunkPath]) -> [TrunkPath] {
    paths.map { TrunkPath(trunk: $0.peerPort, peerPort: $0.trunk, place: $0.place, isUp: $0.isUp) }
  }

  @Test func `the lower agent's lower port is the elder`() {
    #expect(TrunkPath.choose(paths, own: low, peer: high)?.elder.trunk == 5)
    #expect(TrunkPath.choose(paths, own: high, peer: low)?.elder.trunk == 7)
  }

  @Test func `both agents choose the same`() {
    let here = TrunkPath.choose(paths, own: low, peer: high)
    let there = TrunkPath.choose(seenFromThere(paths), own: high, peer: low)
    #expect(here?.elder.place == there?.elder.place)
    #expect(here?.others.map(\.place) == there?.others.map(\.place))
  }

  @Test func `two ports of one agent that hear the same port of the other are told apart the same way`() {
    let paths = [
      TrunkPath(trunk: 5, peerPort: 9, place: 1, isUp: true), TrunkPath(trunk: 7, peerPort: 9, place: 2, isUp: true),
    ]
    #expect(TrunkPath.choose(paths, own: high, peer: low)?.elder.place == 1)
    #expect(TrunkPath.choose(seenFromThere(paths), own: low, peer: high)?.elder.place == 1)
  }

  @Test func `one way is no choice, and a silent way does not count`() {
    #expect(TrunkPath.choose([paths[0]], own: low, peer: high) == nil)
    var half = paths
    half[0].isUp = false
    #expect(TrunkPath.choose(half, own: low, peer: high) == nil)
  }
}
