import CTransport
import Glibc
import Testing

@testable import LinuxIO
@testable import VXLANTransport

// Each test is a process with a network of its own, in which the ports end as a process does and the next take over:
//
//     DrivenPort (vxlan), then another ── 0.0.0.0:20920 ── lo ── 127.0.0.2:20920 ── VXLANPeer

private let port: UInt16 = 20_920
private let group = "239.255.78.9"

private func trunk(
  vni: Int64 = 42, _ more: [String: OptionValue] = [:], peers: [String]? = ["127.0.0.2"], adopted: KeptPort? = nil
) throws -> DrivenPort {
  try vxlanTrunk(port, vni: vni, peers: peers, more, number: UInt32(vni), adopted: adopted)
}

/// Frames of many flows, which leave by all sockets.
private let flows = (0..<32).map { tcpFlow(UInt8($0)) }

/// A TCP frame from a port that is the flow's.
private func tcpFlow(_ number: UInt8) -> [UInt8] {
  var bytes = partialSegment(payload: 100)
  bytes[35] = number
  return bytes
}

/// By which UDP port each of the flows comes to a peer.
private func sources(_ trunk: DrivenPort, _ peer: VXLANPeer) -> [[UInt8]: UInt16] {
  trunk.send(flows)
  return Dictionary(peer.receiveAll().map { ($0.bytes, $0.port) }) { first, _ in first }
}

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct VXLANHandOverTests {
  @Test func `what has come meanwhile is received, and flows keep their source ports`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      for isQuiet in [true, false] {
        let before = openDescriptors()
        let first = try trunk()
        let peer = try VXLANPeer("127.0.0.2", port, beside: first)
        peer.send([vxlan(42, frame(60))])
        #expect(receiveAll(first).map(\.bytes) == [frame(60)])
        let ways = sources(first, peer)
        #expect(ways.count == flows.count && Set(ways.values).count > 1)

        let kept = try #require(first.handOver(isQuiet: isQuiet))
        first.vanish()
        peer.send((1...100).map { vxlan(42, frame(1_000, tag: $0)) })
        let second = try trunk(adopted: kept)
        #expect(second.state == UMBEL_STATE_UP, "\(second.text)")
        #expect(receiveAll(second).map(\.bytes) == (1...100).map { frame(1_000, tag: $0) })
        #expect(sources(second, peer) == ways)
        second.close()
        withExtendedLifetime(peer) { #expect(openDescriptors() == before + 1) }
      }
    }
  }

  @Test func `what has come by way of the group meanwhile is received, and the own echo is still known`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let values: [String: OptionValue] = [
        "group": .text(group), "interface": .text("lo"), "source": .text("127.0.0.1"),
      ]
      let first = try trunk(values)
      let peer = try VXLANPeer("127.0.0.2", port, beside: first)
      let kept = try #require(first.handOver(isQuiet: false))
      // On lo what goes to the group comes back.
      first.send([frame(59)])
      first.vanish()
      peer.send([vxlan(42, frame(60))], to: group)
      let second = try trunk(values, adopted: kept)
      #expect(receiveAll(second).map(\.bytes) == [frame(60)])
      #expect(second.counters["own-echo"] == 1)
    }
  }

  @Test func `the ports of an endpoint share one socket again`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let before = openDescriptors()
      let former = try [1, 2].map { try trunk(vni: $0) }
      let peer = try VXLANPeer("127.0.0.2", port, beside: former[0])
      let kept = try former.map { try #require($0.handOver(isQuiet: true)) }
      for port in former { port.vanish() }
      peer.send([vxlan(1, frame(60)), vxlan(2, frame(61))])

      let first = try trunk(vni: 1, adopted: kept[0])
      let second = try trunk(vni: 2, adopted: kept[1])
      #expect(first.state == UMBEL_STATE_UP && second.state == UMBEL_STATE_UP)
      let isShared = unsafe first.endpoint == second.endpoint
      #expect(isShared)
      #expect(openDescriptors() == before + 1 + 1 + 2 * SenderPool.count, "one of the duplicates is closed")
      #expect(receiveAll(second).map(\.port) == [1, 2])
      first.close()
      peer.send([vxlan(1, frame(60)), vxlan(2, frame(62))])
      #expect(receiveAll(second).map(\.bytes) == [frame(62)])
      second.close()
      withExtendedLifetime(peer) { #expect(openDescriptors() == before + 1) }
    }
  }

  @Test func `a socket that two ports share need be kept once`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let former = try [1, 2].map { try trunk(vni: $0) }
      let peer = try VXLANPeer("127.0.0.2", port, beside: former[0])
      let kept = try former.map { try #require($0.handOver(isQuiet: true)) }
      for port in former { port.vanish() }
      let withoutSocket = kept[1].keeping { $0 != 0 }
      _ = Glibc.close(kept[1].numbers[0])

      // It is first, and the port is taken: by the socket that comes with the other.
      let second = try trunk(vni: 2, adopted: withoutSocket)
      #expect(second.state == UMBEL_STATE_WAITING && second.text.hasPrefix("UDP port \(port) is taken"))
      let first = try trunk(vni: 1, adopted: kept[0])
      #expect(first.state == UMBEL_STATE_UP)
      try second.change(UMBEL_PREPARE_RETRY)
      #expect(second.state == UMBEL_STATE_UP)
      peer.send([vxlan(1, frame(60)), vxlan(2, frame(61))])
      #expect(receiveAll(first).map(\.port) == [1, 2])
      second.send([frame(62)])
      #expect(peer.receive()?.bytes == vxlan(2, frame(62)))
    }
  }

  @Test func `live options that have changed meanwhile are in force`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let first = try trunk()
      let peer = try VXLANPeer("127.0.0.2", port, beside: first)
      let other = try VXLANPeer("127.0.0.3", port, beside: first)
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      let second = try trunk(
        ["ttl": .integer(9), "gro": .integer(0), "buffers": .integer(40_000)], peers: ["127.0.0.3"], adopted: kept)
      #expect(try socketOption(kept.numbers[0], SOL_SOCKET, SO_RCVBUF) == 80_000)
      #expect(try socketOption(kept.numbers[0], UDPOption.level, UDPOption.gro) == 0)
      for number in kept.numbers.dropFirst() { #expect(try socketOption(number, SOL_SOCKET, SO_SNDBUF) == 80_000) }
      second.send([frame(60)])
      let received = try #require(other.receive())
      #expect(received.bytes == vxlan(42, frame(60)) && received.hops == 9)
      #expect(peer.receive() == nil)
    }
  }

  @Test func `over IPv6 it is the same`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      PrivateNetwork.ip("address add fd00::1/64 dev lo nodad")
      let first = try trunk(peers: ["fd00::2"])
      let own = "fd00::1"
      let peer = try TunnelSocket.sender(
        family: AF_INET6, source: IPAddress(own), port: 20_999, keepsWhole: false)
      let datagram = vxlan(42, frame(60))
      let target = SocketAddress(try #require(IPAddress(own)), port: port)
      func send() -> Int {
        unsafe target.withSockaddr { name, length in
          unsafe sendto(peer.number, datagram, datagram.count, 0, name, length)
        }
      }
      // The kernel takes its time to make a new address its own.
      for _ in 0..<50 {
        _ = send()
        if !first.receive(waiting: 100).isEmpty { break }
      }
      _ = receiveAll(first)
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      #expect(send() == datagram.count)
      let second = try trunk(peers: ["fd00::2"], adopted: kept)
      #expect(second.state == UMBEL_STATE_UP)
      #expect(second.descriptors.map(\.descriptor) == [kept.numbers[0]])
      #expect(receiveAll(second).map(\.bytes) == [frame(60)])
      // What was IPv6 is no use for a peer of IPv4.
      let again = try #require(second.handOver(isQuiet: true))
      second.vanish()
      #expect(throws: Refusal.self) { try trunk(adopted: again) }
    }
  }

  @Test func `a membership follows the route that has changed meanwhile`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      for (index, name) in ["near0", "near1"].enumerated() {
        PrivateNetwork.ip("link add \(name) type veth peer name far\(index)")
        PrivateNetwork.ip("address add 10.0.\(index).1/24 dev \(name)")
        for end in [name, "far\(index)"] { PrivateNetwork.ip("link set \(end) up") }
      }
      PrivateNetwork.ip("route add 224.0.0.0/4 dev near0")
      let address = try #require(IPAddress(group))
      let first = try trunk(["group": .text(group)], peers: nil)
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      #expect(GroupMembers.interfaces(of: address) == ["near0"])
      PrivateNetwork.ip("route replace 224.0.0.0/4 dev near1")
      let second = try trunk(["group": .text(group)], peers: nil, adopted: kept)
      #expect(second.state == UMBEL_STATE_UP && second.text.hasSuffix("on near1"), "\(second.text)")
      #expect(GroupMembers.interfaces(of: address) == ["near1"])

      // Committed, so that the host asks again what is to be kept of the port.
      PrivateNetwork.ip("route replace 224.0.0.0/4 dev near0")
      #expect(try second.change(UMBEL_PREPARE_INTERFACES))
      #expect(GroupMembers.interfaces(of: address) == ["near0"])
      #expect(try #require(second.handOver(isQuiet: false)).state == kept.state)
      #expect(try !second.change(UMBEL_PREPARE_INTERFACES))

      // What is kept may be older than the membership, if the process was killed in between.
      var stale = try #require(second.handOver(isQuiet: false))
      second.vanish()
      stale.state = [1] + Array("0".utf8)
      let third = try trunk(["group": .text(group)], peers: nil, adopted: stale)
      #expect(third.state == UMBEL_STATE_UP, "\(third.text)")
      third.close()
      #expect(GroupMembers.interfaces(of: address) == [])
    }
  }

  @Test func `state that nobody has written is refused, and nothing is taken`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let first = try trunk()
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      let before = openDescriptors()
      func refuses(_ kept: KeptPort, _ more: [String: OptionValue] = [:]) {
        let refusal = #expect(throws: Refusal.self, "\(kept)") { try trunk(more, adopted: kept) }
        #expect(refusal?.text.hasPrefix("what the agent before has left of this port") == true)
      }
      for state: [UInt8] in [[], [1], [2] + kept.state.dropFirst(), [1, 0xff], kept.state + [10], [1, 0x2d, 0x31]] {
        var kept = kept
        kept.state = state
        refuses(kept)
      }
      refuses(kept.keeping { $0 != 5 })
      refuses(kept, ["port": .integer(20_921)])
      var more = kept
      more.kinds[3] = 99
      refuses(more)
      var files = kept
      files.numbers = kept.numbers.map { _ in 0 }
      refuses(files)
      #expect(openDescriptors() == before)
      // No refusal has kept the VNI.
      #expect(try trunk(adopted: kept).state == UMBEL_STATE_UP)
    }
  }

  @Test func `a hand-over that comes to nothing changes nothing`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let trunk = try trunk()
      let peer = try VXLANPeer("127.0.0.2", port, beside: trunk)
      for isQuiet in [true, false] {
        let kept = try #require(trunk.handOver(isQuiet: isQuiet))
        peer.send([vxlan(42, frame(60))])
        kept.close()
        #expect(receiveAll(trunk).map(\.bytes) == [frame(60)])
        trunk.send([frame(61)])
        #expect(peer.receive()?.bytes == vxlan(42, frame(61)))
      }
      #expect(trunk.record.states.count == 1)
    }
  }

  @Test func `a port whose UDP port is taken leaves nothing`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let holder = try TunnelSocket.receiver(family: AF_INET, port: port)
      let trunk = try trunk()
      #expect(trunk.state == UMBEL_STATE_WAITING)
      #expect(trunk.handOver(isQuiet: true) == nil)
      withExtendedLifetime(holder.number) {}
    }
  }
}
