import CTransport
import Glibc
import LinuxIO
import Testing

@testable import MulticastTransport

// Each test is a process with a network of its own, where the other end of the wire belongs to a plain member:
//
//     DrivenPort (mcast) ── trunk0 ═══ veth ═══ far0 ── Member
//                           10.0.0.1            10.0.0.2

private let group = "239.255.77.2"

/// Makes the wire.
private func wire(_ near: String = "trunk0", _ far: String = "far0", addresses: String = "10.0.0") {
  PrivateNetwork.ip("link add \(near) type veth peer name \(far)")
  PrivateNetwork.ip("link set \(far) up")
  PrivateNetwork.ip("link set \(near) up")
  PrivateNetwork.ip("address add \(addresses).1/24 dev \(near)")
  PrivateNetwork.ip("address add \(addresses).2/24 dev \(far)")
  // Both ends are in one namespace: what comes from an own address is not to be dropped as forged.
  for name in ["all", near, far] {
    _ = unsafe system("echo 1 > /proc/sys/net/ipv4/conf/\(name)/accept_local")
    _ = unsafe system("echo 0 > /proc/sys/net/ipv4/conf/\(name)/rp_filter")
  }
}

private func trunk(
  _ interface: String? = "trunk0", group: String = group, more: [String: OptionValue] = [:]
) throws -> DrivenPort {
  var values: [String: OptionValue] = ["group": .text(group), "port": .integer(5_000)]
  values.merge(more) { _, given in given }
  if let interface { values["interface"] = .text(interface) }
  return try unsafe DrivenPort(Transport.multicast, role: UMBEL_ROLE_TRUNK, values)
}

/// Whether frames pass both ways. A wire that has just been set up loses the first ones.
private func passes(_ trunk: DrivenPort, _ member: Member) -> Bool {
  var isHeard = false
  var hears = false
  for _ in 0..<10 where !isHeard || !hears {
    member.send(frame(60))
    hears = hears || trunk.receive().contains { $0.bytes == frame(60) }
    trunk.send([frame(61)])
    while let datagram = member.receive(), !isHeard { isHeard = datagram.bytes == frame(61) }
  }
  return isHeard && hears
}

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct MulticastInterfaceTests {
  @Test func `an interface that is deleted and made again is joined again`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let port = try trunk()
      #expect(passes(port, try Member(group, 5_000, interface: "far0")))

      PrivateNetwork.ip("link del trunk0")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.text == "interface trunk0 does not exist")
      #expect(port.descriptors.isEmpty)

      wire()
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_UP)
      #expect(passes(port, try Member(group, 5_000, interface: "far0")))
    }
  }

  @Test func `an interface that is made again between two looks is joined again`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let port = try trunk()
      PrivateNetwork.ip("link del trunk0")
      wire()
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.record.states.map(\.state) == [UMBEL_STATE_UP, UMBEL_STATE_UP])
      #expect(passes(port, try Member(group, 5_000, interface: "far0")))
    }
  }

  @Test func `an interface that goes down and up again keeps its sockets`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let port = try trunk()
      let descriptor = port.descriptors.first?.descriptor
      let member = try Member(group, 5_000, interface: "far0")

      PrivateNetwork.ip("link set trunk0 down")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.text == "interface trunk0 is down")

      PrivateNetwork.ip("link set trunk0 up")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_UP)
      #expect(port.descriptors.first?.descriptor == descriptor)
      #expect(passes(port, member))
    }
  }

  @Test func `after another address, what is still on its way from the old one is an own echo`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let port = try trunk()
      // The host's other end hears the group by the same interface, and sends it back from the address it came from.
      let old = try #require(port.text.contains("10.0.0.1") ? port.text : nil)
      port.send([frame(60)])
      PrivateNetwork.ip("address add 10.9.0.1/24 dev trunk0")
      PrivateNetwork.ip("address del 10.0.0.1/24 dev trunk0")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.text != old && port.text.contains("10.9.0.1"))
      #expect(port.receive().isEmpty)
      #expect(port.counters["own-echo"] == 1)
      #expect(passes(port, try Member(group, 5_000, interface: "far0")))
    }
  }

  @Test func `an interface without an address is waited for`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link add trunk0 type veth peer name far0")
      PrivateNetwork.ip("link set trunk0 up")
      let port = try trunk()
      #expect(port.text == "interface trunk0 has no IPv4 address to send from")
      PrivateNetwork.ip("address add 10.0.0.1/24 dev trunk0")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_UP)
    }
  }

  @Test func `an interface that is renamed is not the one that was named`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let port = try trunk()
      PrivateNetwork.ip("link set trunk0 down")
      PrivateNetwork.ip("link set trunk0 name other0")
      PrivateNetwork.ip("link set other0 up")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.text == "interface trunk0 does not exist")
      PrivateNetwork.ip("link set other0 down")
      PrivateNetwork.ip("link set other0 name trunk0")
      PrivateNetwork.ip("link set trunk0 up")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(passes(port, try Member(group, 5_000, interface: "far0")))
    }
  }

  @Test func `without an interface the route decides, and is waited for`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let port = try trunk(nil)
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.text.contains("ip route add 224.0.0.0/4 dev IFACE"))
      #expect(port.text.contains("interface: IFACE"))

      PrivateNetwork.ip("route add 224.0.0.0/4 dev trunk0")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.text == "\(group):5000 ttl 1 on trunk0 (10.0.0.1)")
      let member = try Member(group, 5_000, interface: "far0")
      #expect(passes(port, member))

      // Routes vanish with an interface that goes down; the membership stays.
      PrivateNetwork.ip("link set trunk0 down")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.text == "interface trunk0 is down")
      PrivateNetwork.ip("link set trunk0 up")
      PrivateNetwork.ip("route add 224.0.0.0/4 dev trunk0")
      #expect(try !port.change(UMBEL_PREPARE_RETRY))
      #expect(passes(port, member))
    }
  }

  @Test func `a route that moves to another interface moves the trunk`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      wire("trunk1", "far1", addresses: "10.0.1")
      PrivateNetwork.ip("route add 224.0.0.0/4 dev trunk0")
      let port = try trunk(nil)
      PrivateNetwork.ip("route replace 224.0.0.0/4 dev trunk1")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.text.contains("on trunk1 (10.0.1.1)"))
      #expect(passes(port, try Member(group, 5_000, interface: "far1")))
      // The former interface is no longer heard.
      try Member(group, 5_000, interface: "far0").send(frame(62))
      #expect(port.receive().isEmpty)
    }
  }

  @Test func `the group of another interface is not heard`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      wire("trunk1", "far1", addresses: "10.0.1")
      let port = try trunk()
      // Another program of this host is a member there.
      let other = try Member(group, 5_000, interface: "trunk1")
      try Member(group, 5_000, interface: "far1").send(frame(60))
      #expect(other.receive()?.bytes == frame(60))
      #expect(port.receive().isEmpty)
    }
  }

  @Test func `an IPv6 group carries frames, on its own interface only`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      // No detection of duplicates: addresses are there at once.
      _ = unsafe system("echo 0 > /proc/sys/net/ipv6/conf/all/accept_dad")
      _ = unsafe system("echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
      for (near, far) in [("trunk0", "far0"), ("trunk1", "far1")] {
        PrivateNetwork.ip("link add \(near) type veth peer name \(far)")
        PrivateNetwork.ip("link set \(far) up")
        PrivateNetwork.ip("link set \(near) up")
      }
      PrivateNetwork.ip("address add fd00::1/64 dev trunk0 nodad")
      // The kernel gives an interface its own address once it has seen the carrier, a moment later.
      for name in ["trunk0", "far0", "trunk1", "far1"] { try PrivateNetwork.awaitOwnAddress(of: name) }
      let group = "ff15::7702"
      let port = try trunk(group: group)
      #expect(port.state == UMBEL_STATE_UP, "\(port.text)")
      #expect(port.text.hasPrefix("[ff15::7702]:5000 ttl 1 on trunk0 ("))
      #expect(passes(port, try Member(group, 5_000, interface: "far0")))
      _ = port.receive()
      #expect(port.counters["own-echo", default: 0] > 0)
      let other = try Member(group, 5_000, interface: "trunk1")
      try Member(group, 5_000, interface: "far1").send(frame(62))
      #expect(other.receive()?.bytes == frame(62))
      #expect(port.receive().isEmpty)
    }
  }

  @Test func `the longest frame that leaves in one piece follows the interface, unless an option says it`()
    async
  {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let port = try trunk()
      #expect(port.record.wholeFrame == 1_472)
      PrivateNetwork.ip("link set trunk0 mtu 1400")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.record.wholeFrame == 1_372)
      PrivateNetwork.ip("link set trunk0 mtu 9300")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.record.wholeFrame == 0, "any frame fits")
      #expect(try trunk(more: ["underlay-mtu": .integer(1_280)]).record.wholeFrame == 1_252)
    }
  }

  @Test func `over IPv6 the longer header counts`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link add trunk0 type veth peer name far0")
      PrivateNetwork.ip("link set trunk0 up")
      PrivateNetwork.ip("address add fd00::1/64 dev trunk0 nodad")
      #expect(try trunk(group: "ff15::7702").record.wholeFrame == 1_452)
    }
  }

  @Test(arguments: [("239.255.77.2", 1_472), ("ff15::7702", 1_452)])
  func `a frame that is to stay whole is refused where others are fragmented`(group: String, longest: Int) async {
    await #expect(processExitsWith: .success) { [group, longest] in
      try PrivateNetwork.enter()
      wire()
      for near in ["trunk0", "far0"] { PrivateNetwork.ip("address add fe80::1:\(near.count)/64 dev \(near) nodad") }
      let port = try trunk(group: group)
      #expect(port.record.traits == UMBEL_TRAIT_WHOLE)
      let member = try Member(group, 5_000, interface: "far0")
      #expect(passes(port, member))
      while member.receive() != nil {}
      let (fitting, longer) = (frame(longest), frame(longest + 1))
      #expect(port.send([fitting], flags: UMBEL_FRAME_WHOLE) == 1)
      #expect(member.receive()?.bytes == fitting)
      #expect(port.send([longer], flags: UMBEL_FRAME_WHOLE) == -EMSGSIZE)
      #expect(port.counters["send-emsgsize"] == 1)
      #expect(port.send([longer, frame(60), longer]) == 3)
      #expect(member.receive()?.bytes == longer)
    }
  }
}
