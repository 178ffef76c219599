import Testing

@testable import Hello

private let second: UInt64 = 1_000_000_000
private let millisecond: UInt64 = 1_000_000

/// Two agents that hear each other over a wire of a given delay.
private struct Pair {
  var tables = [PeerTable(), PeerTable()]
  let senders = [
    AgentFrame.Sender(agent: AgentID(high: 1, low: 1), lan: 10, port: 4),
    AgentFrame.Sender(agent: AgentID(high: 2, low: 2), lan: 20, port: 5),
  ]
  var delay: UInt64 = 0
  /// What the agents' clocks show at 0, in microseconds.
  var clocks: [Int64] = [1_000_000_000, 1_000_000_000]

  /// One says hello.
  /// - Parameter arrives: the other hears it.
  @discardableResult
  mutating func hello(from index: Int, at now: UInt64, arrives: Bool = true) -> PeerTable.Arrival? {
    let frame = tables[index].nextHello(
      of: senders[index], host: "h\(index)", lan: "lab", port: "p", now: now, clock: clock(index, now))
    guard arrives, case .hello(let announcement) = frame.content else { return nil }
    return tables[1 - index].hear(
      announcement, sequence: frame.sequence, of: frame.sender, own: senders[1 - index], at: 77, now: now + delay,
      clock: clock(1 - index, now + delay))
  }

  func clock(_ index: Int, _ now: UInt64) -> Int64 { clocks[index] + Int64(now / 1_000) }

  func peer(of index: Int) -> Peer { tables[index].peers[0] }
}

struct PeerTableTests {
  @Test func `a peer is new once`() {
    var pair = Pair()
    let arrivals = [pair.hello(from: 0, at: second), pair.hello(from: 0, at: 3 * second)]
    #expect(arrivals == [.new, .known])
    #expect(pair.peer(of: 1).host == "h0")
    #expect(pair.peer(of: 1).place == 77)
  }

  @Test func `the round trip leaves out the time that a hello was held`() {
    var pair = Pair(delay: 3 * millisecond)
    pair.hello(from: 0, at: second)
    pair.hello(from: 1, at: 2 * second)
    #expect(pair.peer(of: 0).roundTrip == 6 * millisecond)
  }

  @Test func `a first hello tells no round trip`() {
    var pair = Pair()
    pair.hello(from: 0, at: second)
    #expect(pair.peer(of: 1).roundTrip == nil)
  }

  @Test func `how far the other's clock is ahead is known within half the round trip`() {
    var pair = Pair(delay: 3 * millisecond)
    pair.clocks[1] += 2_500_000
    pair.hello(from: 0, at: second)
    #expect(pair.peer(of: 1).clock == nil)
    pair.hello(from: 1, at: 2 * second)
    #expect(pair.peer(of: 0).clock == ClockOffset(sent: 2_500_000, heard: 3_000, roundTrip: 6 * millisecond))
    #expect(pair.peer(of: 0).clock?.offset == 2_500_000)
    pair.hello(from: 0, at: 3 * second)
    #expect(pair.peer(of: 1).clock?.offset == -2_500_000)
  }

  @Test func `a peer that does not tell its clock has none, and its round trip all the same`() {
    var table = PeerTable()
    let senders = Pair().senders
    _ = table.nextHello(of: senders[0], host: "h0", lan: "lab", port: "p", now: second, clock: 1)
    let heard = Announcement.Heard(agent: 1, port: 4, sequence: 1, heldMicroseconds: 0)
    _ = table.hear(
      Announcement(host: "h1", lan: "lab", port: "p", heard: [heard]), sequence: 1, of: senders[1], own: senders[0],
      at: 77, now: 2 * second, clock: 1_000_001)
    #expect(table.peers[0].roundTrip == second)
    #expect(table.peers[0].clock == nil)
  }

  @Test func `hellos that are missing count as lost, each way`() {
    var pair = Pair()
    for number in 1...10 { pair.hello(from: 0, at: UInt64(number) * second, arrives: number % 5 != 0 || number == 10) }
    pair.hello(from: 1, at: 11 * second)
    #expect(pair.peer(of: 1).lossIn == Peer.Loss(lost: 1, of: 10))
    #expect(pair.peer(of: 0).lossOut == Peer.Loss(lost: 1, of: 10))
  }

  @Test func `a hello that comes twice is counted, and no loss`() {
    var pair = Pair()
    let frame = pair.tables[0].nextHello(of: pair.senders[0], host: "h0", lan: "lab", port: "p", now: second, clock: 0)
    guard case .hello(let announcement) = frame.content else { return }
    for copy in 1...3 as ClosedRange<UInt64> {
      _ = pair.tables[1].hear(
        announcement, sequence: frame.sequence, of: pair.senders[0], own: pair.senders[1], at: 77,
        now: second + copy * millisecond, clock: 0)
    }
    #expect(pair.peer(of: 1).duplicates == 2)
    #expect(pair.peer(of: 1).lossIn == Peer.Loss(lost: 0, of: 1))
    pair.hello(from: 0, at: 3 * second)
    #expect(pair.peer(of: 1).duplicates == 2)
  }

  @Test func `when a peer last heard us is known from what it says`() {
    var pair = Pair()
    pair.hello(from: 0, at: second)
    #expect(pair.peer(of: 1).lastHeardUs == nil)
    pair.hello(from: 1, at: 2 * second)
    #expect(pair.peer(of: 0).lastHeardUs == 2 * second)
    // It has heard nothing for so long that it does not list us any more.
    pair.hello(from: 1, at: 20 * second)
    #expect(pair.peer(of: 0).lastHeardUs == 2 * second)
  }

  @Test func `a peer that misses three hellos is silent and new when it is back`() {
    var pair = Pair()
    pair.hello(from: 0, at: second)
    #expect(pair.peer(of: 1).isUp(second + 6 * second))
    #expect(!pair.peer(of: 1).isUp(second + 7 * second))
    let arrival = pair.hello(from: 0, at: 20 * second)
    #expect(arrival == .new)
  }

  @Test func `a silent peer is forgotten after three minutes`() {
    var pair = Pair()
    pair.hello(from: 0, at: second)
    pair.tables[1].forgetOld(now: 180 * second)
    #expect(pair.tables[1].peers.count == 1)
    pair.tables[1].forgetOld(now: 182 * second)
    #expect(pair.tables[1].peers.isEmpty)
  }

  @Test func `more peers than the table holds are refused`() {
    var table = PeerTable()
    let own = AgentFrame.Sender(agent: AgentID(high: 0, low: 0), lan: 0, port: 1)
    for number in 1...PeerTable.capacity + 1 {
      let arrival = table.hear(
        Announcement(host: "", lan: "", port: ""), sequence: 1,
        of: AgentFrame.Sender(agent: AgentID(high: UInt64(number), low: 0), lan: 0, port: 1), own: own, at: 0, now: 1,
        clock: 0)
      #expect(arrival == (number > PeerTable.capacity ? .refused : .new))
    }
  }

  @Test func `with many peers each has its turn in a hello`() {
    var table = PeerTable()
    let own = AgentFrame.Sender(agent: AgentID(high: 0, low: 0), lan: 0, port: 1)
    for number in 1...100 {
      _ = table.hear(
        Announcement(host: "", lan: "", port: ""), sequence: 1,
        of: AgentFrame.Sender(agent: AgentID(high: UInt64(number), low: 0), lan: 0, port: 1), own: own, at: 0, now: 1,
        clock: 0)
    }
    var told: Set<UInt64> = []
    for _ in 0..<6 {
      let frame = table.nextHello(of: own, host: "host", lan: "lab", port: "p", now: 2, clock: 0)
      if case .hello(let announcement) = frame.content { told.formUnion(announcement.heard.map(\.agent)) }
    }
    #expect(told.count == 100)
  }

  @Test func `the longest probe of the newest round is confirmed`() {
    var pair = Pair()
    pair.hello(from: 0, at: second)
    _ = pair.tables[1].hear(probeOf: pair.senders[0], round: 4, length: 1_400)
    _ = pair.tables[1].hear(probeOf: pair.senders[0], round: 4, length: 900)
    pair.hello(from: 1, at: 2 * second)
    #expect(pair.peer(of: 0).confirmed == Peer.ProbeReport(round: 4, longest: 1_400))
    _ = pair.tables[1].hear(probeOf: pair.senders[0], round: 5, length: 900)
    pair.hello(from: 1, at: 3 * second)
    #expect(pair.peer(of: 0).confirmed == Peer.ProbeReport(round: 5, longest: 900))
  }

  @Test func `a port that was made anew begins a new count`() {
    var pair = Pair()
    for number in 1...100 { pair.hello(from: 0, at: UInt64(number) * second) }
    pair.tables[0] = PeerTable()
    pair.hello(from: 0, at: 102 * second)
    #expect(pair.peer(of: 1).lossIn == Peer.Loss(lost: 0, of: 1))
  }
}
