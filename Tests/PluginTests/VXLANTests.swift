import CTransport
import Glibc
import LinuxIO
import Synchronization
import Testing

@testable import VXLANTransport

// A trunk and other hosts of its VXLAN on the loopback interface; the kernel prefers the more specific binding:
//
//     DrivenPort (vxlan) ── 0.0.0.0:port ── lo ── 127.0.0.2:port, 127.0.0.3:port ── VXLANPeer

private let group = "239.255.78.1"
private let nextPort = Atomic<UInt16>(25_000)

func newVXLANPort() -> UInt16 { nextPort.add(1, ordering: .relaxed).newValue }

func vxlanTrunk(
  _ port: UInt16, vni: Int64 = 42, peers: [String]? = ["127.0.0.2"], _ more: [String: OptionValue] = [:],
  number: UInt32 = DrivenPort.number, adopted: KeptPort? = nil
) throws -> DrivenPort {
  var values: [String: OptionValue] = ["vni": .integer(vni), "port": .integer(Int64(port))]
  if let peers { values["peers"] = .items(peers) }
  return try unsafe DrivenPort(
    Transport.vxlan, role: UMBEL_ROLE_TRUNK, values.merging(more) { _, given in given }, number: number,
    adopted: adopted)
}

/// A trunk with one peer, on a UDP port that no other test uses.
func vxlanNetwork(_ more: [String: OptionValue] = [:]) throws -> (trunk: DrivenPort, peer: VXLANPeer, port: UInt16) {
  let port = newVXLANPort()
  let trunk = try vxlanTrunk(port, more)
  return (trunk, try VXLANPeer("127.0.0.2", port, beside: trunk), port)
}

/// Receives until it is quiet.
func receiveAll(_ trunk: DrivenPort) -> [ReceivedFrame] {
  var frames: [ReceivedFrame] = []
  for _ in 0..<1_000 {
    let part = trunk.receive(waiting: trunk.hasMore ? nil : 100)
    if part.isEmpty && !trunk.hasMore { break }
    frames += part
  }
  return frames
}

@Suite struct VXLANTests {
  @Test func `a frame goes out behind the header of its VNI`() throws {
    let (trunk, peer, _) = try vxlanNetwork()
    #expect(trunk.send([frame(60), frame(1_400, tag: 2)]) == 2)
    #expect(peer.receive()?.bytes == vxlan(42, frame(60)))
    #expect(peer.receive()?.bytes == vxlan(42, frame(1_400, tag: 2)))
  }

  @Test func `a frame comes in from the remote that sent it, and an answer goes to it alone`() throws {
    let port = newVXLANPort()
    let trunk = try vxlanTrunk(port, peers: ["127.0.0.2", "127.0.0.3"])
    let (first, second) = (
      try VXLANPeer("127.0.0.2", port, beside: trunk), try VXLANPeer("127.0.0.3", port, beside: trunk)
    )
    second.send([vxlan(42, frame(60))])
    let received = try #require(trunk.receive().first)
    #expect(received.bytes == frame(60))
    #expect(received.port == DrivenPort.number)
    #expect(received.remote[0] > 0 && received.remote[1] > 0)
    trunk.send([frame(61)], remote: received.remote)
    #expect(second.receive()?.bytes == vxlan(42, frame(61)))
    #expect(first.receive() == nil)
  }

  @Test func `a frame for everyone goes to each peer once`() throws {
    let port = newVXLANPort()
    let trunk = try vxlanTrunk(port, peers: ["127.0.0.2", "127.0.0.3", "127.0.0.2"])
    let peers = try ["127.0.0.2", "127.0.0.3"].map { try VXLANPeer($0, port, beside: trunk) }
    trunk.send((0..<10).map { flowFrame(100, UInt8($0)) })
    for peer in peers { #expect(peer.receiveAll().map(\.bytes[38]) == Array(0..<10)) }
  }

  @Test func `a peer that was met is answered at the port of all`() throws {
    let (trunk, _, port) = try vxlanNetwork()
    let stranger = try VXLANPeer("127.0.0.4", port, beside: trunk, sendsFrom: 40_404)
    let listener = try VXLANPeer("127.0.0.4", port, beside: trunk)
    stranger.send([vxlan(42, frame(60))])
    let remote = try #require(trunk.receive().first).remote
    trunk.send([frame(61)], remote: remote)
    #expect(listener.receive()?.bytes == vxlan(42, frame(61)))
    #expect(trunk.remoteInfos.map(addressText) == ["127.0.0.2", "127.0.0.4"])
  }

  @Test func `a remote of a generation that has passed is everyone`() throws {
    let (trunk, peer, _) = try vxlanNetwork()
    trunk.send([frame(60)], remote: [1, 77])
    #expect(peer.receive()?.bytes == vxlan(42, frame(60)))
    #expect(trunk.remoteInfos.map(\.sent_frames) == [1])
  }

  @Test func `what is not VXLAN is counted and the frames between pass`() throws {
    let (trunk, peer, _) = try vxlanNetwork()
    peer.send([[], [8, 0, 0], vxlan(42, frame(60), flags: 0), vxlan(7, frame(60)), vxlan(42, frame(13))])
    peer.send([vxlan(42, frame(9_217)), vxlan(42, frame(9_216)), vxlan(42, frame(60), flags: 0xff)])
    #expect(receiveAll(trunk).map(\.bytes.count) == [9_216, 60])
    let counters = trunk.counters
    #expect(counters["malformed"] == 3)
    #expect(counters["foreign-vni"] == 1)
    #expect(counters["foreign-runt"] == 1)
    #expect(counters["foreign-oversize"] == 1)
  }

  @Test func `the reserved bits of the header are not looked at`() throws {
    let (trunk, peer, _) = try vxlanNetwork()
    peer.send([[0xf8, 1, 2, 3, 0, 0, 42, 255] + frame(60)])
    #expect(trunk.receive().map(\.bytes) == [frame(60)])
  }

  @Test func `what comes back of the own datagrams is dropped and counted`() throws {
    // An address of this host that no interface has by name: 127.0.0.1 would be no peer.
    let trunk = try vxlanTrunk(newVXLANPort(), peers: ["127.0.0.7"])
    trunk.send([frame(60), frame(61)])
    #expect(receiveAll(trunk).isEmpty)
    #expect(trunk.counters["own-echo"] == 2)
  }

  @Test func `a peer that is this host itself is left out, so that all hosts can have one list`() throws {
    let port = newVXLANPort()
    let trunk = try vxlanTrunk(port, peers: ["127.0.0.1", "127.0.0.2"])
    let peer = try VXLANPeer("127.0.0.2", port, beside: trunk)
    #expect(trunk.text == "vni 42 port \(port), 1 peer")
    trunk.send([frame(60)])
    #expect(peer.receiveAll().count == 1)
    #expect(receiveAll(trunk).isEmpty)
    #expect(trunk.counters["own-echo"] == nil)
    #expect(trunk.remoteInfos.map(addressText) == ["127.0.0.2"])
  }

  @Test func `a trunk whose only peer is this host waits, and says so`() throws {
    let trunk = try vxlanTrunk(newVXLANPort(), peers: ["127.0.0.1"])
    #expect(trunk.state == UMBEL_STATE_WAITING)
    #expect(trunk.text == "all peers are this host itself: add the others to peers")
  }

  @Test func `with peers-only others are dropped and counted`() throws {
    let (trunk, peer, port) = try vxlanNetwork(["peers-only": .integer(1)])
    let stranger = try VXLANPeer("127.0.0.5", port, beside: trunk)
    stranger.send([vxlan(42, frame(60)), vxlan(42, frame(60))])
    peer.send([vxlan(42, frame(61))])
    #expect(receiveAll(trunk).map(\.bytes) == [frame(61)])
    #expect(trunk.counters["not-a-peer"] == 2)
    #expect(trunk.remoteInfos.map(addressText) == ["127.0.0.2"])
  }

  @Test func `when the table of remotes is full newcomers are everyone, and those in it stay`() throws {
    let (trunk, peer, port) = try vxlanNetwork()
    for index in 0..<1_023 {
      let stranger = try VXLANPeer("127.1.\(index / 200).\(index % 200 + 1)", port, beside: nil)
      stranger.send([vxlan(42, frame(60))])
      if index % 100 == 99 { _ = receiveAll(trunk) }
    }
    _ = receiveAll(trunk)
    #expect(trunk.remoteInfos.count == 1_024)
    let late = try VXLANPeer("127.2.0.1", port, beside: nil)
    late.send([vxlan(42, frame(60))])
    let received = receiveAll(trunk)
    #expect(received.map(\.remote) == [[0, 0]])
    #expect(trunk.counters["remotes-full"] == 1)
    peer.send([vxlan(42, frame(60))])
    #expect(receiveAll(trunk).map(\.remote[0]) == [1])
  }

  @Test func `a silent stranger is given up after ten minutes and a configured peer is not`() throws {
    let (trunk, peer, port) = try vxlanNetwork()
    let stranger = try VXLANPeer("127.0.0.6", port, beside: trunk)
    peer.send([vxlan(42, frame(60))])
    stranger.send([vxlan(42, frame(60))])
    #expect(receiveAll(trunk).count == 2)
    let heard = try #require(trunk.remoteInfos.last)
    trunk.tick(heard.last_heard + 599_000_000_000)
    #expect(trunk.remoteInfos.count == 2)
    trunk.tick(heard.last_heard + 601_000_000_000)
    #expect(trunk.remoteInfos.map(addressText) == ["127.0.0.2"])
    #expect(trunk.record.goneRemotes == [heard.remote.index])
  }

  @Test func `peers are listed with what they have sent and were sent`() throws {
    let (trunk, peer, _) = try vxlanNetwork()
    peer.send([vxlan(42, frame(60)), vxlan(42, frame(100))])
    #expect(receiveAll(trunk).count == 2)
    trunk.send([frame(70)])
    let remote = try #require(trunk.remoteInfos.first)
    #expect(addressText(remote) == "127.0.0.2")
    #expect(remote.flags == UMBEL_REMOTE_CONFIGURED)
    #expect(remote.received_frames == 2 && remote.received_bytes == 160)
    #expect(remote.sent_frames == 1 && remote.sent_bytes == 70)
    #expect(remote.last_heard > 0)
  }

  @Test func `runts and too long frames never leave`() throws {
    let (trunk, peer, _) = try vxlanNetwork()
    for length in [0, 13, 9_217] { #expect(trunk.send([frame(length), frame(60)]) == -EMSGSIZE) }
    #expect(trunk.send([frame(60), frame(13), frame(60)]) == 1)
    #expect(peer.receiveAll().count == 1)
  }

  @Test func `a peer that cannot be reached does not keep others from being sent to`() throws {
    let port = newVXLANPort()
    // A broadcast address, to which the kernel lets nothing go.
    let trunk = try vxlanTrunk(port, peers: ["127.255.255.255", "127.0.0.2"])
    let peer = try VXLANPeer("127.0.0.2", port, beside: trunk)
    #expect(trunk.send([frame(60), frame(61)]) == 2)
    #expect(peer.receiveAll().map(\.bytes.count) == [68, 69])
    #expect(trunk.counters["send-other"] == 2)
  }

  @Test func `datagrams leave with the configured TTL`() throws {
    let (trunk, peer, _) = try vxlanNetwork(["ttl": .integer(9)])
    trunk.send([frame(60)])
    #expect(peer.receive()?.hops == 9)
    let (other, far, _) = try vxlanNetwork()
    other.send([frame(60)])
    #expect(far.receive()?.hops == 64)
  }

  @Test func `flows leave by different source ports of the range, a flow by one`() throws {
    let (trunk, peer, _) = try vxlanNetwork()
    var ports: Set<UInt16> = []
    for flow in 0..<64 {
      // Two frames of a flow, in two batches.
      let bytes = tcpFrame(payload: 100, port: UInt16(4_000 + flow))
      trunk.send([bytes])
      trunk.send([bytes])
      let seen = [peer.receive()?.port, peer.receive()?.port].compactMap(\.self)
      #expect(seen.count == 2 && seen[0] == seen[1])
      ports.formUnion(seen)
    }
    #expect(ports.count == 8)
    #expect(ports.allSatisfy { $0 >= 49_152 })
  }

  @Test func `the host learns what passes in one piece and which datagrams are the trunk's own`() throws {
    let (trunk, _, port) = try vxlanNetwork()
    // The MTU of lo is 65,536.
    #expect(trunk.record.wholeFrame == 65_536 - 36)
    #expect(trunk.record.traits == UMBEL_TRAIT_WHOLE)
    #expect(trunk.record.flows == ["0 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]:\(port)"])
    let (narrow, _, _) = try vxlanNetwork(["underlay-mtu": .integer(1_400)])
    #expect(narrow.record.wholeFrame == 1_364)
  }

  @Test func `the port says what it is`() throws {
    let (trunk, _, port) = try vxlanNetwork()
    #expect(trunk.state == UMBEL_STATE_UP)
    #expect(trunk.text == "vni 42 port \(port), 1 peer")
    let both = try self.both()
    #expect(both.text == "vni 42 port \(both.port), group \(group) ttl 1 on lo, 1 peer")
  }

  private func both() throws -> (text: String, port: UInt16) {
    let port = newVXLANPort()
    return (try vxlanTrunk(port, ["group": .text(group), "interface": .text("lo")]).text, port)
  }

  @Test func `a peer heard by way of the group gets no copies beside it`() throws {
    let port = newVXLANPort()
    let trunk = try vxlanTrunk(port, ["group": .text(group), "interface": .text("lo")])
    let peer = try VXLANPeer("127.0.0.2", port, beside: trunk)
    trunk.send([frame(60)])
    #expect(peer.receiveAll().count == 1)
    peer.send([vxlan(42, frame(61))], to: group)
    #expect(receiveAll(trunk).map(\.bytes) == [frame(61)])
    trunk.send([frame(62)])
    #expect(peer.receiveAll().isEmpty)
    #expect(try #require(trunk.remoteInfos.first).flags == UMBEL_REMOTE_CONFIGURED | UMBEL_REMOTE_GROUP)
    // Silent there for ten minutes, it gets them again.
    trunk.tick(monotonicNanoseconds() + 601_000_000_000)
    trunk.send([frame(63)])
    #expect(peer.receiveAll().map(\.bytes) == [vxlan(42, frame(63))])
  }
}

/// A frame of one flow, with `number` at its 31st byte.
func flowFrame(_ length: Int, _ number: UInt8) -> [UInt8] {
  var bytes = frame(length)
  bytes[30] = number
  return bytes
}

/// A TCP frame from that source port.
private func tcpFrame(payload: Int, port: UInt16) -> [UInt8] {
  var bytes = partialSegment(payload: payload)
  bytes[34] = UInt8(port >> 8)
  bytes[35] = UInt8(port & 255)
  return bytes
}
