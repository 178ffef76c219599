import Agent
import Ethernet
import Switching
import Testing
import TransportHost

/// Datagrams of trunks that come in by guest ports.
struct OwnUnderlayTests {
  private static let group: [UInt8] = [239, 192, 168, 1]
  private static let site = UnderlayFlow(address: group, port: 1_102)

  /// A datagram to everyone.
  private static func datagram(to address: [UInt8] = group, port: UInt16 = 1_102, fragment: UInt16 = 0) -> [UInt8] {
    var frame: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0]
    frame += [0x45, 0, 0, 60, 0, 9, UInt8(fragment >> 8), UInt8(fragment & 0xff), 1, 17, 0, 0, 10, 0, 0, 1] + address
    frame += [0xc0, 0, UInt8(port >> 8), UInt8(port & 0xff), 0, 40, 0, 0]
    return frame + [UInt8](repeating: 9, count: 32)
  }

  @Test func `a trunk's datagram is dropped at the guest port that it came in by`() throws {
    let lan = try StubPorts()
    let tap = try lan.add()
    let other = try lan.add()
    let trunk = try lan.add(role: .trunk)
    let underlay = UnderlayMemory([(trunk: trunk.number, flow: Self.site)])
    lan.watch(underlay)
    lan.receive(Self.datagram(), from: tap)
    #expect(tap.drops == [.ownUnderlay: 1] && tap.received == 1)
    #expect(other.sent == [] && trunk.sent == [])
  }

  @Test func `what is none of a trunk passes`() throws {
    let lan = try StubPorts()
    let tap = try lan.add()
    let other = try lan.add()
    let underlay = UnderlayMemory([(trunk: 9, flow: Self.site)])
    lan.watch(underlay)
    lan.receive(Self.datagram(port: 1_103), from: tap)
    lan.receive(Self.datagram(to: [239, 192, 168, 2]), from: tap)
    lan.receive(Self.datagram(to: [10, 0, 0, 2], port: 53), from: tap)
    #expect(other.sent.count == 3 && tap.drops == [:])
  }

  @Test func `the same datagram from a trunk is nested in it and passes`() throws {
    let lan = try StubPorts()
    let trunk = try lan.add(role: .trunk)
    let other = try lan.add()
    let underlay = UnderlayMemory([(trunk: trunk.number, flow: Self.site)])
    lan.watch(underlay)
    lan.receive(Self.datagram(), from: trunk)
    #expect(other.sent.count == 1)
  }

  @Test func `fragments are dropped, the first by its port and later ones by their address`() throws {
    let lan = try StubPorts()
    let tap = try lan.add()
    let other = try lan.add()
    let underlay = UnderlayMemory([(trunk: 9, flow: Self.site)])
    lan.watch(underlay)
    lan.receive(Self.datagram(fragment: 0x2000), from: tap)
    lan.receive(Self.datagram(fragment: 0x00b9), from: tap)
    #expect(tap.drops == [.ownUnderlay: 2])
    lan.receive(Self.datagram(to: [239, 192, 168, 2], fragment: 0x00b9), from: tap)
    #expect(other.sent.count == 1)
  }

  @Test func `a flow to any address is known by its port`() throws {
    let lan = try StubPorts()
    let tap = try lan.add()
    let other = try lan.add()
    let underlay = UnderlayMemory([(trunk: 9, flow: UnderlayFlow(address: [], port: 4_789))])
    lan.watch(underlay)
    lan.receive(Self.datagram(to: [192, 0, 2, 1], port: 4_789), from: tap)
    #expect(tap.drops == [.ownUnderlay: 1])
    lan.receive(Self.datagram(to: [192, 0, 2, 1], port: 4_790), from: tap)
    #expect(other.sent.count == 1)
  }

  @Test func `headers that lie in several pieces are put together`() throws {
    let lan = try StubPorts()
    let tap = try lan.add()
    let other = try lan.add()
    let underlay = UnderlayMemory([(trunk: 9, flow: Self.site)])
    lan.watch(underlay)
    // 40 bytes of options: the ports lie behind the first piece.
    var frame = Self.datagram()
    frame[14] = 0x4f
    frame.insert(contentsOf: [UInt8](repeating: 1, count: 40), at: 34)
    lan.receive(frame, cuts: [64, 75, 77], from: tap)
    #expect(tap.drops == [.ownUnderlay: 1] && other.sent == [])
  }

  @Test func `with no trunk left everything passes again`() throws {
    let lan = try StubPorts()
    let tap = try lan.add()
    let other = try lan.add()
    let underlay = UnderlayMemory([(trunk: 9, flow: Self.site)])
    lan.watch(underlay)
    let nothing = UnderlayMemory([])
    lan.watch(nothing)
    lan.receive(Self.datagram(), from: tap)
    #expect(other.sent.count == 1)
  }

  @Test func `a table of many flows finds each and no other`() throws {
    let flows = (0..<5_000).map { number in
      let low = [UInt8(number >> 8), UInt8(number & 0xff)]
      let address = number % 2 == 0 ? [239, 1] + low : [0xff, 5] + [UInt8](repeating: 0, count: 12) + low
      return (trunk: UInt32(number), flow: UnderlayFlow(address: address, port: UInt16(1_000 + number % 7)))
    }
    let memory = UnderlayMemory(flows)
    let wrong = try flows.filter { trunk, flow in
      let address = try #require(InternetAddress(flow.address))
      let found = [flow.port, nil, flow.port + 7].map { port in
        memory.table.trunk(for: DatagramDestination(address: address, port: port))
      }
      return found != [trunk, trunk, nil]
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(3))")
  }

  @Test func `a flow that two trunks share is the first one's`() throws {
    let memory = UnderlayMemory([(trunk: 3, flow: Self.site), (trunk: 2, flow: Self.site)])
    let address = try #require(InternetAddress(Self.group))
    #expect(memory.table.trunk(for: DatagramDestination(address: address, port: 1_102)) == 3)
  }
}
