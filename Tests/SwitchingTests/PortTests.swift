import Ethernet
import Testing

@testable import Switching

@Suite struct PortTests {
  @Test func `the lowest free index is used`() throws {
    let lan = Lan()
    #expect(try (0..<4).map { _ in try lan.add(.guest) } == [0, 1, 2, 3])
    lan.remove(1)
    lan.remove(2)
    #expect(try lan.add(.trunk) == 1)
    #expect(try lan.add(.guest) == 2)
    #expect(try lan.add(.guest) == 4)
  }

  @Test func `there are no more ports than the configuration allows`() throws {
    var configuration = SwitchConfiguration()
    configuration.maximumPorts = 3
    let lan = Lan(configuration)
    for _ in 0..<3 { _ = try lan.add(.guest) }
    #expect(unsafe lan.lan.pointee.addPort(role: .guest) == nil)
    lan.remove(2)
    #expect(unsafe lan.lan.pointee.addPort(role: .guest) == 2)
  }

  @Test func `a new port is down`() throws {
    let lan = Lan()
    let a = try lan.add(.guest)
    let b = try #require(unsafe lan.lan.pointee.addPort(role: .guest))
    #expect(lan.floodTargets(from: a).isEmpty)
    lan.setUp(b, true)
    #expect(lan.floodTargets(from: a) == [b])
  }

  @Test func `a port set up twice is flooded to once`() throws {
    let lan = Lan()
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    lan.setUp(b, true)
    #expect(lan.floodTargets(from: a) == [b])
    lan.setUp(b, false)
    lan.setUp(b, false)
    #expect(lan.floodTargets(from: a).isEmpty)
  }

  @Test func `stations end with their port`() throws {
    let lan = Lan()
    let (a, b, c) = (try lan.add(.guest), try lan.add(.guest), try lan.add(.guest))
    lan.send(from: b, station(2))
    lan.send(from: c, station(3))
    lan.remove(b)
    #expect(lan.send(from: a, station(1), to: station(2)) == .flood)
    #expect(lan.send(from: a, station(1), to: station(3)) == .unicast(c, .everyone))
    #expect(lan.dump(at: start).map(\.address).contains(station(2)) == false)
  }

  @Test func `the next port with the same index does not inherit the stations`() throws {
    let lan = Lan()
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    lan.send(from: b, station(2))
    lan.remove(b)
    #expect(try lan.add(.guest) == b)
    #expect(lan.send(from: a, station(1), to: station(2)) == .flood)
    #expect(lan.entryCount(of: b) == 0)
    lan.send(from: b, station(2))
    #expect(lan.send(from: a, station(1), to: station(2)) == .unicast(b, .everyone))
    #expect(lan.statistics(b).moves == 0)
    #expect(lan.entryCount(of: b) == 1)
  }

  @Test func `a thousand ports in turn leave nothing behind`() throws {
    let lan = Lan()
    let a = try lan.add(.guest)
    for round in 0..<1_000 {
      let port = try lan.add(.guest)
      #expect(port == 1)
      lan.send(from: port, station(round % 7 + 10))
      #expect(lan.entryCount(of: port) == 1)
      lan.remove(port)
    }
    #expect(lan.entryCount == 0)
    #expect(lan.floodTargets(from: a).isEmpty)
    lan.sweep(at: start)
    #expect(unsafe lan.lan.pointee.fdb.occupied == 0)
  }

  @Test func `flushing forgets the stations of one port at once`() throws {
    let lan = Lan()
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    lan.send(from: a, station(1))
    lan.send(from: b, station(2))
    lan.flush(b)
    #expect(lan.dump(at: start).map(\.address) == [station(1)])
    #expect(lan.entryCount == 1)
    #expect(lan.floodTargets(from: a) == [b])
    lan.send(from: b, station(2))
    #expect(lan.find(station(2))?.port == b)
  }

  @Test func `the counters of a port survive it and begin anew with the next`() throws {
    let lan = Lan()
    let port = try lan.add(.guest)
    lan.send(from: port, station(1), length: 100)
    lan.remove(port)
    #expect(lan.statistics(port).receivedFrames == 1)
    #expect(lan.statistics(port).receivedBytes == 100)
    #expect(try lan.add(.guest) == port)
    #expect(lan.statistics(port).receivedFrames == 0)
    #expect(lan.statistics(port).dropped == 0)
  }
}

@Suite struct CounterTests {
  @Test func `every counter has a place of its own`() throws {
    let lan = Lan()
    let port = try lan.add(.guest)
    let counters = unsafe lan.lan.pointee.counters(of: port)
    for (index, reason) in DropReason.allCases.enumerated() {
      for _ in 0...index { counters.countDrop(reason) }
    }
    for _ in 0..<100 { counters.countReceived(bytes: 3) }
    for _ in 0..<200 { counters.countSent(bytes: 7) }
    let statistics = counters.snapshot()
    #expect(statistics.drops == (1...DropReason.allCases.count).map(UInt64.init))
    #expect(statistics.receivedFrames == 100 && statistics.receivedBytes == 300)
    #expect(statistics.sentFrames == 200 && statistics.sentBytes == 1_400)
    #expect([statistics.flooded, statistics.moves, statistics.refusedPinned] == [0, 0, 0])
    #expect([statistics.refusedTableFull, statistics.refusedPortLimit] == [0, 0])
  }

  @Test func `the counters of a port fit in their bytes`() {
    let count = PortCounters.Place.allCases.count + DropReason.allCases.count
    #expect(count * MemoryLayout<UInt64>.stride <= PortCounters.byteCount)
  }

  @Test func `ports do not share counters`() throws {
    let lan = Lan()
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    unsafe lan.lan.pointee.counters(of: a).countDrop(.unsupportedOffload)
    #expect(lan.statistics(a).dropped == 1)
    #expect(lan.statistics(b).dropped == 0)
  }

  @Test func `another thread reads whole values while they grow`() async throws {
    let lan = Lan()
    let counters = unsafe lan.lan.pointee.counters(of: try lan.add(.guest))
    let writer = Task.detached { for _ in 0..<200_000 { counters.countSent(bytes: 1 << 32) } }
    var last: UInt64 = 0
    while last < 200_000 {
      let statistics = counters.snapshot()
      #expect(statistics.sentFrames >= last && statistics.sentBytes % (1 << 32) == 0)
      last = statistics.sentFrames
      await Task.yield()
    }
    await writer.value
    #expect(counters.snapshot().sentBytes == 200_000 << 32)
  }
}
