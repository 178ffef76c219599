import Ethernet
import Testing

@testable import Switching

private let group = MACAddress(truncating: 0x0100_5e00_0001)

@Suite struct StormTests {
  /// A port with limits of 3 broadcasts, 2 multicasts and 1 unknown station a second, and one beside it.
  private func limited(_ role: PortRole = .guest) throws -> (lan: Lan, port: PortIndex, other: PortIndex) {
    let lan = Lan()
    return (lan, try lan.add(role, storm: StormLimits(broadcast: 3, multicast: 2, unknown: 1)), try lan.add(.guest))
  }

  @Test(arguments: [
    (MACAddress.broadcast, 3, DropReason.stormBroadcast), (group, 2, .stormMulticast), (station(9), 1, .stormUnknown),
  ])
  func `beyond its limit a port's frames are dropped and counted, each kind by itself`(
    destination: MACAddress, limit: Int, reason: DropReason
  ) throws {
    let (lan, port, _) = try limited()
    let verdicts = (0..<10).map { _ in lan.send(from: port, station(1), to: destination) }
    #expect(verdicts == (0..<10).map { $0 < limit ? .flood : .drop(reason) })
    let statistics = lan.statistics(port)
    #expect(statistics[reason] == 10 - UInt64(limit) && statistics.dropped == 10 - UInt64(limit))
    #expect(statistics.flooded == UInt64(limit) && statistics.receivedFrames == 10)
    // The other kinds are as before.
    #expect(lan.send(from: port, station(1), to: destination == .broadcast ? group : .broadcast) == .flood)
  }

  @Test func `a storm is told once it was asked for, and again when it goes on`() throws {
    let (lan, port, other) = try limited()
    #expect(lan.takeStorm(port) == nil)
    for _ in 0..<5 { lan.send(from: port, station(1)) }
    #expect(lan.takeStorm(port) == .stormBroadcast && lan.takeStorm(port) == nil && lan.takeStorm(other) == nil)
    lan.send(from: port, station(1))
    #expect(lan.takeStorm(port) == .stormBroadcast)
  }

  @Test func `the next second begins anew`() throws {
    let (lan, port, _) = try limited()
    for second in 0..<UInt32(3) {
      let verdicts = (0..<5).map { _ in lan.send(from: port, station(1), at: start + second) }
      #expect(verdicts.count { $0 == .flood } == 3)
    }
  }

  @Test func `frames to known stations are not counted`() throws {
    let (lan, port, other) = try limited()
    lan.send(from: other, station(2))
    for _ in 0..<100 { #expect(lan.send(from: port, station(1), to: station(2)) == .unicast(other, .everyone)) }
    #expect(lan.send(from: port, station(1), to: station(9)) == .flood)
  }

  @Test func `a frame over the limit still tells where its sender is`() throws {
    let (lan, port, _) = try limited()
    for _ in 0..<3 { lan.send(from: port, station(1)) }
    #expect(lan.send(from: port, station(7)) == .drop(.stormBroadcast))
    #expect(lan.find(station(7))?.port == port)
  }

  @Test func `one port's storm does not touch another`() throws {
    let (lan, port, other) = try limited()
    for _ in 0..<10 { lan.send(from: port, station(1)) }
    for _ in 0..<10 { #expect(lan.send(from: other, station(2)) == .flood) }
  }

  @Test func `a trunk has the limits it is given`() throws {
    let (lan, port, _) = try limited(.trunk)
    let verdicts = (0..<4).map { _ in lan.send(from: port, station(1)) }
    #expect(verdicts.last == .drop(.stormBroadcast))
  }

  @Test func `without limits everything passes`() throws {
    let lan = Lan()
    let port = try lan.add(.guest)
    _ = try lan.add(.guest)
    for _ in 0..<1_000 { #expect(lan.send(from: port, station(1)) == .flood) }
  }

  @Test func `a limit of 0 beside others is none`() throws {
    let lan = Lan()
    let port = try lan.add(.guest, storm: StormLimits(broadcast: 0, multicast: 1, unknown: 0))
    _ = try lan.add(.guest)
    for _ in 0..<100 { #expect(lan.send(from: port, station(1)) == .flood) }
    for _ in 0..<100 { #expect(lan.send(from: port, station(1), to: station(9)) == .flood) }
  }

  @Test func `an index that is used again has the limits of its new port`() throws {
    let (lan, port, _) = try limited()
    for _ in 0..<10 { lan.send(from: port, station(1)) }
    lan.remove(port)
    #expect(try lan.add(.guest) == port)
    for _ in 0..<10 { #expect(lan.send(from: port, station(1)) == .flood) }
  }
}
