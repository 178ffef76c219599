import Ethernet
import Testing

@testable import Switching

@Suite struct AgeingTests {
  private let lan: Lan
  private let a: PortIndex
  private let b: PortIndex

  init() throws {
    var configuration = SwitchConfiguration()
    configuration.fdbEntries = 1_024
    lan = Lan(configuration)
    a = try lan.add(.guest)
    b = try lan.add(.guest, learnLimit: 2_000)
    lan.send(from: b, station(2))
  }

  private func verdict(at now: UInt32) -> Verdict { lan.send(from: a, station(1), to: station(2), at: now) }

  @Test func `a station is known for 300 seconds`() {
    #expect(verdict(at: start &+ 299) == .unicast(b, .everyone))
    #expect(verdict(at: start &+ 300) == .flood)
  }

  @Test func `a station that is heard stays`() {
    lan.send(from: b, station(2), at: start &+ 200)
    #expect(verdict(at: start &+ 499) == .unicast(b, .everyone))
    #expect(verdict(at: start &+ 500) == .flood)
  }

  @Test func `a station that has expired is learned again without a move`() {
    lan.send(from: a, station(2), at: start &+ 300)
    #expect(lan.find(station(2), at: start &+ 300)?.port == a)
    #expect(lan.statistics(a).moves == 0)
    #expect(lan.entryCount == 1)
  }

  @Test func `the clock may come round`() {
    let late = UInt32.max - 10
    lan.send(from: b, station(3), at: late)
    #expect(lan.send(from: a, station(1), to: station(3), at: late &+ 299) == .unicast(b, .everyone))
    #expect(lan.send(from: a, station(1), to: station(3), at: late &+ 300) == .flood)
  }

  @Test func `the sweep leaves young stations and takes expired ones`() {
    lan.send(from: b, station(3), at: start &+ 1)
    lan.sweep(at: start &+ 299)
    #expect(lan.entryCount == 2)
    lan.sweep(at: start &+ 300)
    #expect(lan.entryCount == 1)
    #expect(lan.find(station(3), at: start &+ 300)?.address == station(3))
    lan.sweep(at: start &+ 301)
    #expect(lan.entryCount == 0)
  }

  @Test func `sweeping once a second goes round within a minute`() {
    for number in 10..<1_000 { lan.send(from: b, station(number)) }
    let budget = unsafe lan.lan.pointee.sweepBudgetPerSecond
    for second in 0..<UInt32(60) { lan.sweep(budget: budget, at: start &+ 300 &+ second) }
    #expect(lan.entryCount == 0)
    #expect(unsafe lan.lan.pointee.fdb.occupied == 0)
  }

  @Test func `a small budget is enough in the end`() {
    for number in 10..<1_000 { lan.send(from: b, station(number)) }
    for _ in 0..<lan.slotCount { lan.sweep(budget: 1, at: start &+ 300) }
    #expect(lan.entryCount == 0)
  }
}
