import Ethernet
import TestSupport
import Testing

@testable import Switching

/// How many slots a lookup reads for stations that are known.
private func probes(_ lan: Lan) -> (mean: Double, most: Int) {
  var (count, sum, most) = (0, 0, 0)
  for index in 0..<lan.slotCount {
    let key = unsafe lan.lan.pointee.fdb.slots[index].key
    if key == .empty { continue }
    let home = unsafe lan.lan.pointee.fdb.home(of: key)
    let length = (index - home) & (lan.slotCount - 1)
    count += 1
    sum += length + 1
    most = max(most, length + 1)
  }
  return (Double(sum) / Double(max(count, 1)), most)
}

/// A switch that has heard these stations.
private func lan(_ addresses: [UInt64], seed: UInt64) throws -> Lan {
  var random = SeededGenerator(state: seed)
  var configuration = SwitchConfiguration()
  configuration.fdbEntries = 100_000
  let lan = Lan(configuration, seed: (random.next(), random.next()))
  let trunk = try lan.add(.trunk)
  for address in addresses { lan.send(from: trunk, MACAddress(truncating: address)) }
  #expect(lan.entryCount == addresses.count)
  return lan
}

@Suite struct HashTests {
  // A load of 100,000 / 262,144: linear probing with an ideal hash reads 1.31 slots on average.
  @Test(arguments: 1...2 as ClosedRange<UInt64>)
  func `among 100,000 stations a lookup reads hardly more slots than among ten`(seed: UInt64) throws {
    let ten = probes(try lan((0..<10).map { 0x5254_0000_0000 + $0 }, seed: seed))
    #expect(ten.mean <= 1.2 && ten.most <= 3)
    let many = probes(try lan((0..<100_000).map { 0x5254_0000_0000 + $0 }, seed: seed))
    #expect(many.mean < 1.4)
    #expect(many.most < 40)
  }

  @Test(arguments: [8, 16, 20, 24, 31] as [UInt64])
  func `addresses that differ in a few bits only spread as well`(shift: UInt64) throws {
    // 2^16 addresses at a distance of 2^shift; bits beyond the 48 come back at the bottom.
    let addresses = (0..<65_536 as Range<UInt64>).map { number in
      let value = number << shift
      return ((value | value >> 48) & 0xfeff_ffff_ffff) | 0x0200_0000_0000
    }
    let distinct = Array(Set(addresses))
    for seed in 1...2 as ClosedRange<UInt64> {
      let result = probes(try lan(distinct, seed: seed))
      #expect(result.mean < 1.4, "shift \(shift): \(distinct.count) stations, \(result)")
      #expect(result.most < 40, "shift \(shift): \(distinct.count) stations, \(result)")
    }
  }

  @Test func `one address in all VLANs spreads as well`() throws {
    var random = SeededGenerator(state: 9)
    let lan = Lan(seed: (random.next(), random.next()))
    let trunk = try lan.add(.trunk)
    for vlan in 0..<UInt16(4_096) { lan.send(from: trunk, station(1), vlan: vlan) }
    #expect(lan.entryCount == 4_096)
    #expect(probes(lan).mean < 1.1)
    #expect(probes(lan).most < 12)
  }

  @Test func `the seed decides where a station lies`() {
    let (one, other) = (Lan(seed: (1, 2)), Lan(seed: (3, 4)))
    let same = (0..<1_000).count { number in
      let key = FDBKey(vlan: 0, address: station(number))
      return unsafe one.lan.pointee.fdb.home(of: key) == other.lan.pointee.fdb.home(of: key)
    }
    #expect(same < 10)
  }
}
