import Agent
import CTransport
import Ethernet
import Switching
import Testing

/// What a forwarding thread takes over from the process before.
struct RestoringTests {
  /// A frame from one station to another.
  private static func frame(to: UInt8, from: UInt8) -> [UInt8] {
    [2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0] + [UInt8](repeating: 0, count: 46)
  }

  private static func station(_ last: UInt64, at port: StubPorts.Stub, age: UInt32 = 0, vlan: UInt16 = 0)
    -> KeptStation
  {
    KeptStation(
      vlan: vlan, address: MACAddress(truncating: 0x0200_0000_0000 | last), port: port.number, ageSeconds: age)
  }

  @Test func `frames for a station that was known go to its port alone`() throws {
    let lan = try StubPorts()
    let (one, other, third) = (try lan.add(), try lan.add(), try lan.add())
    lan.restore([Self.station(9, at: other)])
    lan.receive(Self.frame(to: 9, from: 1), from: one)
    #expect(other.sent == [60] && third.sent == [])
  }

  @Test func `a station of a trunk is sent to everyone of it until it is heard`() throws {
    let lan = try StubPorts()
    let (guest, trunk, other) = (try lan.add(), try lan.add(role: .trunk), try lan.add())
    lan.restore([Self.station(9, at: trunk)])
    lan.receive(Self.frame(to: 9, from: 1), from: guest)
    #expect(trunk.remotes.map(\.index) == [0] && other.sent == [])
  }

  @Test func `what was heard meanwhile is not overwritten`() throws {
    let lan = try StubPorts()
    let (one, other, third) = (try lan.add(), try lan.add(), try lan.add())
    lan.receive(Self.frame(to: 1, from: 9), from: third)
    let before = other.sent.count
    lan.restore([Self.station(9, at: other)])
    lan.receive(Self.frame(to: 9, from: 1), from: one)
    #expect(other.sent.count == before && third.sent == [60])
  }

  @Test func `a station that was silent for too long is not known`() throws {
    let lan = try StubPorts()
    let (one, other, third) = (try lan.add(), try lan.add(), try lan.add())
    lan.restore([Self.station(9, at: other, age: 300)])
    lan.receive(Self.frame(to: 9, from: 1), from: one)
    #expect(other.sent == [60] && third.sent == [60])
  }

  @Test func `a station of a port that is gone, or of no port, is left out`() throws {
    let lan = try StubPorts()
    let one = try lan.add()
    lan.restore([
      KeptStation(vlan: 0, address: MACAddress(truncating: 0x0200_0000_0009), port: 77, ageSeconds: 0),
      KeptStation(vlan: 0, address: MACAddress(truncating: 0x0200_0000_0009), port: .max, ageSeconds: 0),
      Self.station(0x0100_0000_0000, at: one), Self.station(9, at: one, vlan: 4_096),
    ])
    lan.receive(Self.frame(to: 9, from: 1), from: one)
    #expect(one.drops == [.noRecipients: 1])
  }

  @Test func `counters go on from what they were`() throws {
    let lan = try StubPorts()
    let (one, other) = (try lan.add(), try lan.add())
    lan.receive(Self.frame(to: 9, from: 1), from: one)
    let values = lan.counters(of: one)
    lan.carry(values, to: other)
    #expect(other.received == 1)
    lan.receive(Self.frame(to: 1, from: 9), from: other)
    #expect(other.received == 2)
  }

  @Test func `counters of a version that counts otherwise are left out`() throws {
    let lan = try StubPorts()
    let one = try lan.add()
    lan.carry([1, 2, 3], to: one)
    #expect(one.received == 0)
  }
}
