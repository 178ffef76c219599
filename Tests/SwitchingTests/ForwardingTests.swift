import Ethernet
import TestSupport
import Testing

@testable import Switching

@Suite struct ForwardingTests {
  @Test func `a frame to a station never heard is flooded`() throws {
    let lan = Lan()
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    #expect(lan.send(from: a, station(1), to: station(2)) == .flood)
    #expect(lan.floodTargets(from: a) == [b])
  }

  @Test func `a frame to a station that was heard goes to its port alone`() throws {
    let lan = Lan()
    let (a, b, _) = (try lan.add(.guest), try lan.add(.guest), try lan.add(.guest))
    lan.send(from: b, station(2))
    #expect(lan.send(from: a, station(1), to: station(2)) == .unicast(b, .everyone))
    #expect(lan.send(from: b, station(2), to: station(1)) == .unicast(a, .everyone))
  }

  @Test func `a frame to a group is flooded`() throws {
    let lan = Lan()
    let (a, _) = (try lan.add(.guest), try lan.add(.guest))
    #expect(lan.send(from: a, station(1)) == .flood)
    #expect(lan.send(from: a, station(1), to: MACAddress(truncating: 0x0100_5e00_0001)) == .flood)
    #expect(lan.statistics(a).flooded == 2)
  }

  @Test func `a station in one VLAN is unknown in another`() throws {
    let lan = Lan()
    let (a, b, c) = (try lan.add(.guest), try lan.add(.guest), try lan.add(.guest))
    lan.send(from: b, station(2), vlan: 7)
    #expect(lan.send(from: a, station(1), to: station(2)) == .flood)
    #expect(lan.send(from: a, station(1), to: station(2), vlan: 8) == .flood)
    #expect(lan.send(from: a, station(1), to: station(2), vlan: 7) == .unicast(b, .everyone))
    lan.send(from: c, station(2), vlan: 4_095)
    #expect(lan.send(from: a, station(1), to: station(2), vlan: 4_095) == .unicast(c, .everyone))
    #expect(lan.send(from: a, station(1), to: station(2), vlan: 7) == .unicast(b, .everyone))
  }

  @Test func `a station that moves is relearned at once`() throws {
    let lan = Lan()
    let (a, b, c) = (try lan.add(.guest), try lan.add(.guest), try lan.add(.guest))
    lan.send(from: b, station(2))
    lan.send(from: c, station(2))
    #expect(lan.send(from: a, station(1), to: station(2)) == .unicast(c, .everyone))
    #expect(lan.statistics(c).moves == 1)
    #expect(lan.statistics(b).moves == 0)
    #expect(lan.entryCount(of: b) == 0)
    #expect(lan.entryCount(of: c) == 1)
  }

  @Test func `a frame goes to the remote that its destination was heard from`() throws {
    let lan = Lan()
    let (a, trunk) = (try lan.add(.guest), try lan.add(.trunk))
    let (near, far) = (Remote(index: 3, generation: 9), Remote(index: 4, generation: 1))
    lan.send(from: trunk, station(2), remote: near)
    #expect(lan.send(from: a, station(1), to: station(2)) == .unicast(trunk, near))
    lan.send(from: trunk, station(2), remote: far)
    #expect(lan.send(from: a, station(1), to: station(2)) == .unicast(trunk, far))
    lan.send(from: trunk, station(2), remote: Remote(index: 4, generation: 2))
    #expect(lan.send(from: a, station(1), to: station(2)) == .unicast(trunk, Remote(index: 4, generation: 2)))
    #expect(lan.statistics(trunk).moves == 0)
  }

  @Test func `a frame of any VLAN is flooded to every other port exactly once`() throws {
    let lan = Lan()
    let ports = try (0..<40).map { try lan.add($0 % 4 == 0 ? .trunk : .guest) }
    for ingress in ports where ingress % 4 != 0 {
      #expect(lan.send(from: ingress, station(Int(ingress) + 1), vlan: ingress) == .flood)
      let targets = lan.floodTargets(from: ingress)
      #expect(targets.count == 39)
      #expect(Set(targets) == Set(ports).subtracting([ingress]))
    }
  }

  @Test func `ports that come and go are flooded to as long as they are up`() throws {
    let lan = Lan()
    var random = SeededGenerator(state: 5)
    let ingress = try lan.add(.guest)
    var up: Set<PortIndex> = []
    var ports: [PortIndex] = []
    for _ in 0..<2_000 {
      switch Int.random(in: 0..<4, using: &random) {
      case 0 where ports.count < 50:
        ports.append(try lan.add(Bool.random(using: &random) ? .guest : .trunk))
        up.insert(ports[ports.count - 1])
      case 1 where !ports.isEmpty:
        let port = ports.remove(at: Int.random(in: 0..<ports.count, using: &random))
        lan.remove(port)
        up.remove(port)
      default:
        guard let port = ports.randomElement(using: &random) else { continue }
        let isUp = Bool.random(using: &random)
        lan.setUp(port, isUp)
        if isUp { up.insert(port) } else { up.remove(port) }
      }
      let targets = lan.floodTargets(from: ingress)
      #expect(targets.count == up.count && Set(targets) == up)
    }
  }
}

@Suite struct SplitHorizonTests {
  @Test func `what came by a trunk is flooded to guests only`() throws {
    let lan = Lan()
    let (a, b) = (try lan.add(.guest), try lan.add(.guest))
    let (t, _) = (try lan.add(.trunk), try lan.add(.trunk))
    #expect(lan.send(from: t, station(1)) == .flood)
    #expect(Set(lan.floodTargets(from: t)) == [a, b])
  }

  @Test func `what came by a trunk for a station behind another is dropped`() throws {
    let lan = Lan()
    let (t, u) = (try lan.add(.trunk), try lan.add(.trunk))
    _ = try lan.add(.guest)
    lan.send(from: u, station(2))
    #expect(lan.send(from: t, station(1), to: station(2)) == .drop(.splitHorizon))
    #expect(lan.statistics(t)[.splitHorizon] == 1)
  }

  @Test func `trunks alone have no recipients`() throws {
    let lan = Lan()
    let (t, _) = (try lan.add(.trunk), try lan.add(.trunk))
    #expect(lan.send(from: t, station(1)) == .drop(.noRecipients))
    #expect(lan.floodTargets(from: t).isEmpty)
  }

  @Test func `a guest reaches every trunk and every trunk reaches the guest`() throws {
    let lan = Lan()
    let (a, t, u) = (try lan.add(.guest), try lan.add(.trunk), try lan.add(.trunk))
    #expect(lan.send(from: a, station(1)) == .flood)
    #expect(Set(lan.floodTargets(from: a)) == [t, u])
    #expect(lan.send(from: u, station(2), to: station(1)) == .unicast(a, .everyone))
    #expect(lan.send(from: t, station(3), to: station(1)) == .unicast(a, .everyone))
  }
}

@Suite struct DropTests {
  private let lan = Lan()
  private let a: PortIndex
  private let b: PortIndex

  init() throws {
    a = try lan.add(.guest)
    b = try lan.add(.guest)
    lan.send(from: b, station(2))
  }

  /// Sends a frame to a known station; everything else is as given.
  private func send(
    _ source: MACAddress = station(1), vlan: UInt16 = 0, type: UInt16 = 0x0800, length: Int = 60,
    segmentLength: Int? = nil
  ) -> Verdict {
    lan.send(
      from: a, source, to: station(2), vlan: vlan, type: type, length: length, segmentLength: segmentLength)
  }

  @Test func `a frame shorter than its header is a runt`() {
    for length in 0..<14 { #expect(send(length: length) == .drop(.runt)) }
    #expect(send(length: 14) == .unicast(b, .everyone))
    for length in 14..<18 { #expect(send(vlan: 5, length: length) == .drop(.runt)) }
    #expect(send(vlan: 5, length: 18) == .flood)
    #expect(lan.statistics(a)[.runt] == 18)
  }

  @Test func `a runt is not learned`() {
    _ = send(length: 13)
    #expect(lan.find(station(1)) == nil)
  }

  @Test func `a segment of more than 9,216 bytes is oversize`() {
    #expect(send(length: 9_216) == .unicast(b, .everyone))
    #expect(send(length: 9_217) == .drop(.oversize))
    #expect(send(length: 65_557, segmentLength: 9_216) == .unicast(b, .everyone))
    #expect(send(length: 65_557, segmentLength: 9_217) == .drop(.oversize))
    #expect(lan.statistics(a)[.oversize] == 2)
  }

  @Test(arguments: [.broadcast, MACAddress(truncating: 0x0100_0000_0001), MACAddress(truncating: 0)])
  func `a source that no station has is dropped and not learned`(source: MACAddress) {
    let before = lan.entryCount
    #expect(send(source) == .drop(.invalidSource))
    #expect(lan.statistics(a)[.invalidSource] == 1)
    #expect(lan.entryCount == before)
  }

  @Test func `a pause frame is dropped whatever its destination`() {
    #expect(send(type: 0x8808) == .drop(.pauseFrame))
    let pause = MACAddress(truncating: 0x0180_c200_0001)
    #expect(lan.send(from: a, station(1), to: pause, type: 0x8808) == .drop(.pauseFrame))
    #expect(lan.statistics(a)[.pauseFrame] == 2)
    #expect(lan.find(station(1)) == nil)
  }

  @Test func `control protocols pass unless the policy is to drop them`() throws {
    var configuration = SwitchConfiguration()
    configuration.controlProtocols = .drop
    let strict = Lan(configuration)
    let (c, _) = (try strict.add(.guest), try strict.add(.guest))
    for last in UInt64(0)...15 {
      let address = MACAddress(truncating: 0x0180_c200_0000 + last)
      #expect(lan.send(from: a, station(1), to: address) == .flood)
      #expect(strict.send(from: c, station(1), to: address) == .drop(.controlProtocol))
    }
    #expect(strict.send(from: c, station(1), to: MACAddress(truncating: 0x0180_c200_0010)) == .flood)
    #expect(strict.statistics(c)[.controlProtocol] == 16)
  }

  @Test func `a frame for a station of its own port is dropped`() {
    lan.send(from: a, station(3))
    #expect(lan.send(from: a, station(1), to: station(3)) == .drop(.sameSegment))
    #expect(lan.send(from: a, station(1), to: station(1)) == .drop(.sameSegment))
    #expect(lan.statistics(a)[.sameSegment] == 2)
  }

  @Test func `a frame for a port that is down is dropped until it is up again`() {
    lan.setUp(b, false)
    #expect(send() == .drop(.portDown))
    #expect(lan.statistics(a)[.portDown] == 1)
    lan.setUp(b, true)
    #expect(send() == .unicast(b, .everyone))
  }

  @Test func `a frame from a port that is down is dropped and not learned`() {
    lan.setUp(a, false)
    #expect(send() == .drop(.portDown))
    #expect(lan.find(station(1)) == nil)
  }

  @Test func `a frame from a port that was removed is dropped`() {
    lan.remove(a)
    #expect(send() == .drop(.portRemoved))
    #expect(lan.statistics(a)[.portRemoved] == 1)
    #expect(lan.find(station(1)) == nil)
  }

  @Test func `a flood that reaches nobody is dropped`() {
    lan.setUp(b, false)
    #expect(lan.send(from: a, station(1)) == .drop(.noRecipients))
    #expect(lan.statistics(a)[.noRecipients] == 1)
    #expect(lan.statistics(a).flooded == 0)
  }

  @Test func `names are distinct words joined by hyphens`() {
    let names = DropReason.allCases.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names { #expect(name.allSatisfy { ("a"..."z").contains($0) || $0 == "-" } && !name.isEmpty) }
    #expect(DropReason.tooLargeForPort.name == "too-large-for-port")
  }

  @Test func `reasons are numbered from 0 without a gap`() {
    #expect(DropReason.allCases.map { Int($0.rawValue) } == Array(0..<DropReason.allCases.count))
  }
}
