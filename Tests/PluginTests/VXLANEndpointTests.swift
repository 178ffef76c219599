import CTransport
import Glibc
import LinuxIO
import Testing

@testable import VXLANTransport

// Several VNIs on one UDP port, runs of datagrams, and changes. The network is that of VXLANTests.

@Suite struct VXLANEndpointTests {
  @Test func `of two VNIs in one merged buffer each frame goes to its own port`() throws {
    let port = newVXLANPort()
    let first = try vxlanTrunk(port, vni: 1, number: 11)
    let second = try vxlanTrunk(port, vni: 2, number: 12)
    let isShared = unsafe first.endpoint == second.endpoint
    #expect(isShared)
    let peer = try VXLANPeer("127.0.0.2", port, beside: first)
    peer.send((0..<600).map { vxlan($0 % 2 == 0 ? 1 : 2, frame(100, tag: UInt8($0 % 2 + 1))) })
    let received = receiveAll(first)
    #expect(received.filter { $0.port == 11 && $0.bytes == frame(100, tag: 1) }.count == 300)
    #expect(received.filter { $0.port == 12 && $0.bytes == frame(100, tag: 2) }.count == 300)
    #expect(received.count == 600)
    // One buffer at least held more than one.
    #expect(try #require(first.counters["gro-frames"]) > 500)
  }

  @Test func `runs leave as one message where frames are equal, and alone where gso is off`() throws {
    for isOn in [true, false] {
      let (trunk, peer, _) = try vxlanNetwork(["gso": .integer(isOn ? 1 : 0)])
      let frames = (0..<130).map { flowFrame(1_000, UInt8($0)) }
      #expect(trunk.send(frames) == 128)
      #expect(peer.receiveAll().map(\.bytes) == frames[..<128].map { vxlan(42, $0) })
      #expect(trunk.counters["gso-frames"] == (isOn ? 128 : nil))
      #expect(trunk.counters["gso-runs"] == (isOn ? 2 : nil))
    }
  }

  @Test func `datagrams come merged, and alone where gro is off`() throws {
    for isOn in [true, false] {
      let (trunk, peer, _) = try vxlanNetwork(["gro": .integer(isOn ? 1 : 0)])
      let frames = (0..<100).map { frame(1_000, tag: UInt8($0)) }
      peer.send(frames.map { vxlan(42, $0) })
      #expect(receiveAll(trunk).map(\.bytes) == frames)
      #expect(trunk.counters["gro-frames"] == (isOn ? 100 : nil))
    }
  }

  @Test func `merged datagrams are taken only when all ports of the endpoint want them`() throws {
    let port = newVXLANPort()
    let first = try vxlanTrunk(port, vni: 1, number: 11)
    let second = try vxlanTrunk(port, vni: 2, ["gro": .integer(0)], number: 12)
    let peer = try VXLANPeer("127.0.0.2", port, beside: first)
    peer.send((0..<50).map { _ in vxlan(1, frame(100)) })
    #expect(receiveAll(first).count == 50)
    #expect(first.counters["gro-frames"] == nil)
    second.close()
    peer.send((0..<50).map { _ in vxlan(1, frame(100)) })
    #expect(receiveAll(first).count == 50)
    #expect(first.counters["gro-frames"] == 50)
  }

  @Test func `without checksums there are no runs`() throws {
    let (trunk, peer, _) = try vxlanNetwork(["udp-checksum": .integer(0)])
    #expect(trunk.send((0..<8).map { frame(100, tag: UInt8($0)) }) == 8)
    #expect(peer.receiveAll().count == 8)
    #expect(trunk.counters["gso-runs"] == nil)
  }

  @Test func `a VNI is on an endpoint once`() throws {
    let port = newVXLANPort()
    let first = try vxlanTrunk(port)
    #expect {
      _ = try vxlanTrunk(port)
    } throws: {
      ($0 as? Refusal)?.text.contains("vni 42 on UDP port \(port) is another port's") == true
    }
    first.close()
    #expect(try vxlanTrunk(port).state == UMBEL_STATE_UP)
  }

  @Test func `a port that has ended hears nothing and the endpoint lives on with the other`() throws {
    let port = newVXLANPort()
    let first = try vxlanTrunk(port, vni: 1, number: 11)
    let second = try vxlanTrunk(port, vni: 2, number: 12)
    let peer = try VXLANPeer("127.0.0.2", port, beside: first)
    first.close()
    peer.send([vxlan(1, frame(60)), vxlan(2, frame(60))])
    #expect(receiveAll(second).map(\.port) == [12])
    // What belongs to no port is shown at the one that is first now.
    #expect(second.counters["foreign-vni"] == 1)
  }

  @Test func `a frame without its checksum is marked, and a super-frame is one of segments`() throws {
    let (trunk, peer, _) = try vxlanNetwork(["underlay-mtu": .integer(1_500)])
    peer.send([
      vxlan(42, partialSegment(payload: 100)), vxlan(42, partialSegment(payload: 20_000)), vxlan(42, frame(60)),
    ])
    let received = receiveAll(trunk)
    #expect(received.map(\.needsChecksum) == [true, true, false])
    #expect(received.map(\.gsoType) == [0, UInt8(UMBEL_GSO_TCPV4), 0])
    // 1,464 bytes pass in one piece, 54 of them headers.
    #expect(received.map(\.gsoSize) == [0, 1_410, 0])
    #expect(received[1].bytes == partialSegment(payload: 20_000))
  }

  @Test func `a UDP port that a program has is waited for, and named`() throws {
    let port = newVXLANPort()
    let holder = try VXLANPeer("127.0.0.2", port, beside: nil)
    let trunk = try vxlanTrunk(port)
    #expect(trunk.state == UMBEL_STATE_WAITING)
    #expect(trunk.text.hasPrefix("UDP port \(port) is taken: "))
    #expect(trunk.text.contains("(pid \(getpid())) has it"))
    #expect(trunk.descriptors.isEmpty)
    #expect(trunk.send([frame(60)]) == -ENETDOWN)
    withExtendedLifetime(holder) {}
  }

  @Test func `a port that is free again is taken at the next try`() throws {
    let port = newVXLANPort()
    var holder: VXLANPeer? = try VXLANPeer("127.0.0.9", port, beside: nil)
    let trunk = try vxlanTrunk(port)
    #expect(trunk.state == UMBEL_STATE_WAITING && holder != nil)
    holder = nil
    #expect(try trunk.change(UMBEL_PREPARE_RETRY))
    #expect(trunk.state == UMBEL_STATE_UP)
    let peer = try VXLANPeer("127.0.0.2", port, beside: trunk)
    peer.send([vxlan(42, frame(60))])
    #expect(trunk.receive().map(\.bytes) == [frame(60)])
  }

  @Test func `peers change while the port runs`() throws {
    let (trunk, peer, port) = try vxlanNetwork()
    let other = try VXLANPeer("127.0.0.3", port, beside: trunk)
    peer.send([vxlan(42, frame(60))])
    let remote = try #require(trunk.receive().first).remote
    let values: [String: OptionValue] = [
      "vni": .integer(42), "port": .integer(Int64(port)), "peers": .items(["127.0.0.3"]), "peers-only": .integer(1),
    ]
    #expect(try trunk.change(UMBEL_PREPARE_CONFIGURATION, values))
    trunk.send([frame(60)])
    #expect(other.receiveAll().count == 1)
    #expect(peer.receiveAll().isEmpty)
    // With peers-only who is no peer any more is gone at once.
    #expect(trunk.record.goneRemotes == [remote[0]])
  }

  @Test func `peers of another family are refused while the port runs`() throws {
    let (trunk, _, port) = try vxlanNetwork()
    #expect(throws: Refusal.self) {
      try trunk.change(
        UMBEL_PREPARE_CONFIGURATION,
        ["vni": .integer(42), "port": .integer(Int64(port)), "peers": .items(["fd00::1"])])
    }
    #expect(trunk.state == UMBEL_STATE_UP)
  }

  @Test func `nothing changes when nothing has changed`() throws {
    let (trunk, _, _) = try vxlanNetwork()
    let states = trunk.record.states.count
    #expect(try !trunk.change(UMBEL_PREPARE_INTERFACES))
    #expect(try !trunk.change(UMBEL_PREPARE_RETRY))
    #expect(trunk.record.states.count == states)
  }
}

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct VXLANInterfaceTests {
  @Test func `the kernel's device that has the UDP port is named, and its end is noticed`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up")
      PrivateNetwork.ip("link add vx9 type vxlan id 9 remote 127.0.0.2 dstport 4789")
      PrivateNetwork.ip("link set vx9 up")
      let trunk = try vxlanTrunk(4_789)
      #expect(trunk.state == UMBEL_STATE_WAITING)
      #expect(trunk.text.contains("the kernel's device vx9 (vni 9) has it"))
      PrivateNetwork.ip("link del vx9")
      #expect(try trunk.change(UMBEL_PREPARE_INTERFACES))
      #expect(trunk.text == "vni 42, 1 peer")
    }
  }

  @Test func `host names are followed, and their addresses come and go`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up")
      // Other hosts', as far as the trunk can tell: no interface has them.
      PrivateNetwork.ip("route add local 10.9.0.0/24 dev lo")
      let trunk = try vxlanTrunk(4_789, peers: ["one.example", "two.example"])
      #expect(trunk.record.followed == ["0 one.example", "1 two.example"])
      #expect(trunk.state == UMBEL_STATE_WAITING)
      #expect(trunk.text == "no address yet for one.example, two.example: is it in the DNS or /etc/hosts?")
      trunk.resolve([[10, 9, 0, 2]], token: 0)
      #expect(try trunk.change(UMBEL_PREPARE_NAMES))
      #expect(trunk.text == "vni 42, 1 peer; no address yet for two.example")
      let (old, new) = (
        try VXLANPeer("10.9.0.2", 4_789, beside: trunk), try VXLANPeer("10.9.0.3", 4_789, beside: trunk)
      )
      trunk.send([frame(60)])
      #expect(old.receiveAll().count == 1)
      #expect(trunk.remoteInfos.map(nameText) == ["one.example"])
      trunk.resolve([[10, 9, 0, 3]], token: 0)
      #expect(try trunk.change(UMBEL_PREPARE_NAMES))
      trunk.send([frame(60)])
      #expect(new.receiveAll().count == 1)
      #expect(old.receiveAll().isEmpty)
      // The host's own name, as Debian's /etc/hosts has it.
      trunk.resolve([[127, 0, 1, 1]], token: 1)
      #expect(try !trunk.change(UMBEL_PREPARE_NAMES))
      #expect(trunk.text == "vni 42, 1 peer")
    }
  }

  @Test func `a peer for which the kernel has no room loses frames, and the others get none twice`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up")
      PrivateNetwork.ip("link add near0 type veth peer name far0")
      PrivateNetwork.ip("link set far0 up")
      PrivateNetwork.ip("address add 10.0.0.1/24 dev near0")
      PrivateNetwork.ip("link set near0 up")
      // Nobody answers for 10.0.0.2: datagrams wait, and are the socket's until they are given up.
      let trunk = try vxlanTrunk(
        4_789, peers: ["127.0.0.2", "10.0.0.2"], ["buffers": .integer(4_096), "gso": .integer(0)])
      let peer = try VXLANPeer("127.0.0.2", 4_789, beside: trunk)
      let frames = (0..<80).map { frame(1_400, tag: UInt8($0)) }
      #expect(trunk.send(frames) == 80)
      #expect(peer.receiveAll().count == 80)
      let left = trunk.counters["send-full"] ?? 0
      #expect(left > 0 && left < 80)
    }
  }

  @Test func `a device that was moved to another network namespace keeps the UDP port, and the text says so`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up")
      PrivateNetwork.ip("link add vx9 type vxlan id 9 remote 127.0.0.2 dstport 4789")
      // The other namespace ends with the process that is in it, and that by itself.
      let command =
        "unshare -n sleep 5 </dev/null >/dev/null 2>&1 & pid=$!; sleep 0.3; ip link set vx9 netns $pid; nsenter -t $pid -n ip link set vx9 up"
      #expect(unsafe system(command) == 0)
      let trunk = try vxlanTrunk(4_789)
      #expect(trunk.state == UMBEL_STATE_WAITING)
      #expect(trunk.text.contains("the kernel holds it, probably for a VXLAN device made here and moved"))
    }
  }

  @Test func `an interface that is deleted and made again is joined again`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up")
      PrivateNetwork.ip("link add near0 type veth peer name far0")
      PrivateNetwork.ip("link set far0 up")
      PrivateNetwork.ip("address add 10.0.0.1/24 dev near0")
      PrivateNetwork.ip("link set near0 mtu 1400 up")
      let trunk = try vxlanTrunk(
        4_789, peers: nil, ["group": .text("239.1.1.42"), "interface": .text("near0"), "ttl": .integer(8)])
      #expect(trunk.text == "vni 42, group 239.1.1.42 ttl 8 on near0")
      #expect(trunk.record.wholeFrame == 1_364)
      PrivateNetwork.ip("link set near0 down")
      try trunk.change(UMBEL_PREPARE_INTERFACES)
      #expect(trunk.text == "interface near0 is down")
      PrivateNetwork.ip("link del near0")
      try trunk.change(UMBEL_PREPARE_INTERFACES)
      #expect(trunk.text == "interface near0 does not exist")
      PrivateNetwork.ip("link add near0 type veth peer name far0")
      PrivateNetwork.ip("link set far0 up")
      PrivateNetwork.ip("address add 10.0.0.1/24 dev near0")
      PrivateNetwork.ip("link set near0 up")
      try trunk.change(UMBEL_PREPARE_INTERFACES)
      #expect(trunk.state == UMBEL_STATE_UP)
      #expect(trunk.record.wholeFrame == 1_464)
      // 239.1.1.42 as /proc/net/igmp writes it.
      #expect(unsafe system("grep -A9 near0 /proc/net/igmp | grep -q 2A0101EF") == 0)
      trunk.close()
      #expect(unsafe system("grep -q 2A0101EF /proc/net/igmp") != 0)
    }
  }

  @Test func `a route's own MTU bounds what passes in one piece`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up")
      PrivateNetwork.ip("link add near0 type veth peer name far0")
      PrivateNetwork.ip("link set far0 up")
      PrivateNetwork.ip("address add 10.0.0.1/24 dev near0")
      PrivateNetwork.ip("link set near0 up")
      let trunk = try vxlanTrunk(4_789, peers: ["10.7.0.1"])
      #expect(trunk.state == UMBEL_STATE_WAITING)
      #expect(trunk.text == "no route to 10.7.0.1")
      PrivateNetwork.ip("route add 10.7.0.0/16 via 10.0.0.2 dev near0 mtu 1300")
      #expect(try trunk.change(UMBEL_PREPARE_INTERFACES))
      #expect(trunk.record.wholeFrame == 1_264)
    }
  }

  @Test func `what stays whole is refused where it would be cut, the rest is cut`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo mtu 1500 up")
      let trunk = try vxlanTrunk(4_789)
      let peer = try VXLANPeer("127.0.0.2", 4_789, beside: trunk)
      trunk.send([frame(1_464, tag: 1)], flags: UMBEL_FRAME_WHOLE)
      trunk.send([frame(1_465, tag: 2)], flags: UMBEL_FRAME_WHOLE)
      trunk.send([frame(1_465, tag: 3)])
      #expect(peer.receiveAll().map(\.bytes[8]) == [1, 3])
      #expect(trunk.counters["send-emsgsize"] == 1)
    }
  }
}

@Suite struct VXLANConfigurationTests {
  private func refusal(_ values: [String: OptionValue]) -> Refusal? {
    do {
      let given: [String: OptionValue] = ["vni": .integer(42)]
      try unsafe DrivenPort.check(
        Transport.vxlan, role: UMBEL_ROLE_TRUNK, given.merging(values) { _, given in given })
      return nil
    } catch {
      return error as? Refusal
    }
  }

  @Test func `a group, peers, or both say where others are`() {
    #expect(refusal(["group": .text("239.1.1.42")]) == nil)
    #expect(refusal(["peers": .items(["10.0.0.2", "host.example"])]) == nil)
    #expect(refusal(["group": .text("ff05::42"), "peers": .items(["fd00::2"])]) == nil)
    #expect(refusal([:])?.text.contains("give a group, peers, or both") == true)
  }

  @Test(arguments: ["10.0.0.1", "fe80::1"])
  func `an address that is no group is refused`(_ group: String) {
    #expect(refusal(["group": .text(group)])?.option == "group")
  }

  @Test(arguments: ["239.1.1.1", "0.0.0.0", "10.0.0.2:4789", "", "a b"])
  func `what is no peer is refused`(_ peer: String) {
    #expect(refusal(["peers": .items([peer])])?.option == "peers")
  }

  @Test func `addresses of two families are refused`() {
    #expect(refusal(["group": .text("239.1.1.42"), "peers": .items(["fd00::2"])])?.option == "peers")
    #expect(refusal(["group": .text("239.1.1.42"), "source": .text("fd00::2")])?.option == "source")
    #expect(refusal(["peers": .items(["fd00::2"]), "family": .integer(0)])?.option == "family")
    #expect(refusal(["peers": .items(["host.example"]), "family": .integer(1)]) == nil)
  }

  @Test func `peers-only needs peers and a link-local peer an interface`() {
    #expect(refusal(["group": .text("239.1.1.42"), "peers-only": .integer(1)])?.option == "peers-only")
    #expect(refusal(["peers": .items(["fe80::2"])])?.option == "interface")
    #expect(refusal(["peers": .items(["fe80::2"]), "interface": .text("eth0")]) == nil)
  }

  @Test func `a range of few source ports is refused`() {
    #expect(
      refusal(["peers": .items(["10.0.0.2"]), "source-ports": .range(50_000, 50_003)])?.option == "source-ports")
  }
}
