import Ethernet
import Testing

@testable import Switching

@Suite struct LimitTests {
  private func lan(entries: Int, guestLimit: UInt32 = 1_024) -> Lan {
    var configuration = SwitchConfiguration()
    configuration.fdbEntries = entries
    configuration.guestLearnLimit = guestLimit
    return Lan(configuration)
  }

  @Test func `the defaults are 65,536 stations, 300 seconds, 1,024 a guest port, 4,096 ports`() {
    let defaults = SwitchConfiguration()
    #expect(defaults.fdbEntries == 65_536)
    #expect(defaults.ageingSeconds == 300)
    #expect(defaults.guestLearnLimit == 1_024)
    #expect(defaults.maximumPorts == 4_096)
    #expect(SwitchConfiguration.fdbEntryRange.upperBound == 1_048_576)
  }

  @Test func `an entry is half a cache line`() {
    #expect(MemoryLayout<FDBEntry>.stride == 32)
    #expect(MemoryLayout<PortState>.stride == 16)
  }

  @Test(arguments: [1, 7, 8, 9, 1_000, 65_536, 1_048_576])
  func `the table has a power of two of slots, at least twice the entries`(entries: Int) {
    let slots = SwitchStorage.slotCount(forEntries: entries)
    #expect(slots >= 2 * entries)
    #expect(slots & (slots - 1) == 0)
    #expect(slots <= max(16, 4 * entries))
  }

  @Test func `a guest port learns 1,024 stations and the rest is flooded`() throws {
    let lan = lan(entries: 65_536)
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    for number in 1...1_030 { lan.send(from: b, station(number)) }
    #expect(lan.entryCount(of: b) == 1_024)
    #expect(lan.statistics(b).refusedPortLimit == 6)
    #expect(lan.send(from: a, station(2_000), to: station(1_024)) == .unicast(b, .everyone))
    #expect(lan.send(from: a, station(2_000), to: station(1_025)) == .flood)
  }

  @Test func `a guest port at its limit still refreshes its stations`() throws {
    let lan = lan(entries: 65_536, guestLimit: 2)
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    for number in 1...3 { lan.send(from: b, station(number)) }
    lan.send(from: b, station(1), at: start &+ 200)
    #expect(lan.send(from: a, station(9), to: station(1), at: start &+ 400) == .unicast(b, .everyone))
    #expect(lan.statistics(b).refusedPortLimit == 1)
  }

  @Test func `a trunk has no limit`() throws {
    let lan = lan(entries: 65_536)
    let trunk = try lan.add(.trunk)
    for number in 1...5_000 { lan.send(from: trunk, station(number)) }
    #expect(lan.entryCount(of: trunk) == 5_000)
  }

  @Test func `a port may have a limit of its own`() throws {
    let lan = lan(entries: 65_536)
    let (guest, trunk) = (try lan.add(.guest, learnLimit: 2_000), try lan.add(.trunk, learnLimit: 0))
    for number in 1...3_000 { lan.send(from: guest, station(number)) }
    lan.send(from: trunk, station(9_999))
    #expect(lan.entryCount(of: guest) == 2_000)
    #expect(lan.entryCount(of: trunk) == 0)
  }

  @Test func `an expired station of the full port makes room for another of its chain`() throws {
    let lan = lan(entries: 8, guestLimit: 1)
    let a = try lan.add(.guest)
    lan.send(from: a, station(1))
    lan.send(from: a, station(2))
    #expect(lan.statistics(a).refusedPortLimit == 1)
    // The station itself is in its own chain in any case.
    lan.send(from: a, station(1), at: start &+ 400)
    #expect(lan.find(station(1), at: start &+ 400) != nil)
    #expect(lan.statistics(a).refusedPortLimit == 1)
    lan.sweep(at: start &+ 800)
    lan.send(from: a, station(2), at: start &+ 800)
    #expect(lan.find(station(2), at: start &+ 800) != nil)
  }

  @Test func `a full table learns nobody, floods, and counts`() throws {
    let lan = lan(entries: 100)
    let (a, trunk) = (try lan.add(.guest), try lan.add(.trunk))
    for number in 1...150 { lan.send(from: trunk, station(number)) }
    #expect(lan.entryCount == 100)
    #expect(lan.statistics(trunk).refusedTableFull == 50)
    #expect(lan.send(from: a, station(500), to: station(100)) == .unicast(trunk, .everyone))
    #expect(lan.send(from: a, station(500), to: station(101)) == .flood)
    #expect(lan.statistics(a).refusedTableFull == 2)
  }

  @Test func `a station may still move when the table is full`() throws {
    let lan = lan(entries: 100)
    let (a, trunk) = (try lan.add(.guest), try lan.add(.trunk))
    for number in 1...100 { lan.send(from: trunk, station(number)) }
    lan.send(from: a, station(50))
    #expect(lan.find(station(50))?.port == a)
  }

  @Test func `a station does not move to a port that is at its limit`() throws {
    let lan = lan(entries: 100, guestLimit: 1)
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    lan.send(from: a, station(1))
    lan.send(from: b, station(2))
    lan.send(from: b, station(1))
    #expect(lan.find(station(1))?.port == a)
    #expect(lan.statistics(b).refusedPortLimit == 1)
    #expect(lan.statistics(b).moves == 0)
  }

  @Test func `stations of a port that is gone do not fill the table`() throws {
    let lan = lan(entries: 64)
    let trunk = try lan.add(.trunk)
    for number in 1...64 { lan.send(from: trunk, station(number)) }
    lan.remove(trunk)
    #expect(lan.entryCount == 0)
    let other = try lan.add(.trunk)
    for number in 101...130 { lan.send(from: other, station(number)) }
    #expect(lan.entryCount == 30)
    #expect(lan.statistics(other).refusedTableFull == 0)
  }

  @Test func `stale stations never fill more than three quarters of the slots`() throws {
    let lan = lan(entries: 64)
    for round in 0..<20 {
      let trunk = try lan.add(.trunk)
      for number in 0..<64 { lan.send(from: trunk, station(1_000 * round + number)) }
      lan.remove(trunk)
      #expect(unsafe lan.lan.pointee.fdb.occupied <= 96)
    }
    lan.sweep(at: start)
    #expect(unsafe lan.lan.pointee.fdb.occupied == 0)
  }

  @Test func `a limit that changes holds for the guest ports there are, and for new ones`() throws {
    var configuration = SwitchConfiguration()
    let lan = Lan(configuration)
    let (guest, trunk) = (try lan.add(.guest), try lan.add(.trunk))
    configuration.guestLearnLimit = 2
    lan.change(to: configuration)
    let late = try lan.add(.guest)
    for (index, port) in [guest, trunk, late].enumerated() {
      for number in 1...5 { lan.send(from: port, station(index * 10 + number)) }
    }
    #expect([guest, trunk, late].map { lan.entryCount(of: $0) } == [2, 5, 2])
    configuration.guestLearnLimit = 4
    lan.change(to: configuration)
    for number in 1...5 { lan.send(from: guest, station(number)) }
    #expect(lan.entryCount(of: guest) == 4)
  }

  @Test func `a shorter ageing time holds for the stations there are`() throws {
    var configuration = SwitchConfiguration()
    let lan = Lan(configuration)
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    lan.send(from: b, station(2))
    configuration.ageingSeconds = 10
    lan.change(to: configuration)
    #expect(lan.send(from: a, station(1), to: station(2), at: start + 9) == .unicast(b, .everyone))
    #expect(lan.send(from: a, station(1), to: station(2), at: start + 10) == .flood)
  }
}
