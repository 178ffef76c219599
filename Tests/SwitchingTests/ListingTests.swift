import Ethernet
import Testing

@testable import Switching

@Suite struct ListingTests {
  @Test(arguments: [1, 3, 64, 5_000], [1, 100, Int.max])
  func `a listing has every live station once, whatever the size of its parts`(chunk: Int, slotBudget: Int) throws {
    var configuration = SwitchConfiguration()
    configuration.fdbEntries = 2_000
    let lan = Lan(configuration)
    let trunk = try lan.add(.trunk)
    for number in 0..<1_500 { lan.send(from: trunk, station(number), vlan: UInt16(number % 5)) }
    let records = lan.dump(at: start, chunk: chunk, slotBudget: slotBudget)
    #expect(records.count == 1_500)
    #expect(Set(records.map { "\($0.vlan) \($0.address)" }).count == 1_500)
  }

  @Test func `a record says what is known of a station`() throws {
    let lan = Lan()
    let (a, trunk) = (try lan.add(.guest), try lan.add(.trunk))
    lan.send(from: a, station(1))
    lan.send(from: trunk, station(2), vlan: 12, remote: Remote(index: 8, generation: 3), at: start &+ 5)
    let records = lan.dump(at: start &+ 20).sorted { $0.vlan < $1.vlan }
    #expect(
      records == [
        FDBRecord(vlan: 0, address: station(1), port: a, remote: .everyone, ageSeconds: 20, isPinned: false),
        FDBRecord(
          vlan: 12, address: station(2), port: trunk, remote: Remote(index: 8, generation: 3), ageSeconds: 15,
          isPinned: false),
      ])
  }

  @Test func `a listing has no expired station and none of a port that is gone`() throws {
    let lan = Lan()
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    lan.send(from: a, station(1))
    lan.send(from: b, station(2), at: start &+ 100)
    #expect(lan.dump(at: start &+ 300).map(\.address) == [station(2)])
    lan.remove(b)
    #expect(lan.dump(at: start &+ 300).isEmpty)
  }

  @Test func `a cursor beyond the end ends the listing`() throws {
    let lan = Lan()
    unsafe withUnsafeTemporaryAllocation(of: FDBRecord.self, capacity: 4) { buffer in
      let (written, next) = unsafe lan.lan.pointee.dump(from: lan.slotCount + 5, into: buffer, now: start)
      #expect(written == 0)
      #expect(next == nil)
    }
  }
}

@Suite struct ForgettingTests {
  private let lan = Lan()
  private let a: PortIndex
  private let trunk: PortIndex
  private let gone = Remote(index: 3, generation: 7)

  init() throws {
    a = try lan.add(.guest)
    trunk = try lan.add(.trunk)
  }

  @Test func `the stations behind a remote that is gone are removed by the sweep`() {
    let stays = Remote(index: 3, generation: 8)
    for number in 0..<500 { lan.send(from: trunk, station(number), remote: number % 2 == 0 ? gone : stays) }
    lan.send(from: a, station(1_000), remote: gone)
    lan.forget(gone, of: trunk)
    lan.sweep(at: start)
    let records = lan.dump(at: start)
    #expect(records.count == 251)
    #expect(records.allSatisfy { $0.remote == stays || $0.port == a })
    #expect(lan.entryCount == 251)
  }

  @Test func `a sweep in small steps forgets all`() {
    for number in 0..<500 { lan.send(from: trunk, station(number), remote: gone) }
    lan.sweep(budget: 1_000, at: start)
    lan.forget(gone, of: trunk)
    for _ in 0..<lan.slotCount / 1_000 + 1 { lan.sweep(budget: 1_000, at: start) }
    #expect(lan.entryCount == 0)
  }

  @Test func `after one round the remote may come back`() {
    lan.send(from: trunk, station(1), remote: gone)
    lan.forget(gone, of: trunk)
    lan.sweep(at: start)
    lan.send(from: trunk, station(1), remote: gone)
    lan.sweep(at: start)
    #expect(lan.entryCount == 1)
  }

  @Test func `any number of remotes may go at once`() {
    for number in 0..<100 {
      lan.send(from: trunk, station(number), remote: Remote(index: UInt32(number), generation: 1))
    }
    for number in 0..<UInt32(100) where number != 42 { lan.forget(Remote(index: number, generation: 1), of: trunk) }
    lan.sweep(at: start)
    #expect(lan.dump(at: start).map(\.remote.index) == [42])
  }

  @Test func `the same remote of another trunk is not forgotten`() throws {
    let other = try lan.add(.trunk)
    lan.send(from: trunk, station(1), remote: gone)
    lan.send(from: other, station(2), remote: gone)
    lan.forget(gone, of: trunk)
    lan.sweep(at: start)
    #expect(lan.dump(at: start).map(\.port) == [other])
  }
}
