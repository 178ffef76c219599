import CTransport
import Glibc
import Testing

@testable import LinuxIO
@testable import MulticastTransport

// Each test is a process with a network of its own: this host, with its native guests, and another one on the wire.
//
//     Native ──┐
//     Native ── the group ── DrivenPort (mcast, role guest)
//               near0 ═══ veth ═══ far0 ── Member
//               10.0.0.1           10.0.0.2

private let group = "239.255.77.3"

/// Makes the wire, with the host's route for multicast.
private func wire() {
  PrivateNetwork.ip("link set lo up")
  PrivateNetwork.ip("link add near0 type veth peer name far0")
  PrivateNetwork.ip("link set far0 up")
  PrivateNetwork.ip("link set near0 up")
  PrivateNetwork.ip("address add 10.0.0.1/24 dev near0")
  PrivateNetwork.ip("route add 224.0.0.0/4 dev near0")
}

private func guestPort(_ more: [String: OptionValue] = [:]) throws -> DrivenPort {
  let values: [String: OptionValue] = ["group": .text(group), "port": .integer(5_000)]
  return try unsafe DrivenPort(
    Transport.multicast, role: UMBEL_ROLE_GUEST, values.merging(more) { _, given in given })
}

/// An Ethernet frame with a UDP datagram to the group from 10.0.0.9, which no host here has. Without a UDP checksum.
private func strangersDatagram(_ payload: [UInt8]) -> [UInt8] {
  func words(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
  var header: [UInt8] =
    [0x45, 0] + words(28 + payload.count) + [0, 0, 0, 0, 1, 17, 0, 0, 10, 0, 0, 9, 239, 255, 77, 3]
  var sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + Int(header[$1]) << 8 + Int(header[$1 + 1]) }
  sum = (sum & 0xffff) + sum >> 16
  header.replaceSubrange(10..<12, with: words(~sum & 0xffff))
  return [1, 0, 0x5e, 0x7f, 77, 3, 2, 0, 0, 0, 0, 9, 8, 0] + header + words(5_000) + words(5_000)
    + words(8 + payload.count) + [0, 0] + payload
}

/// The route by which programs of this host send to the group.
private func route() throws -> UInt32? { try Interfaces.routing(to: #require(IPAddress(group))) }

private let loopback: UInt32 = 1

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct MulticastGuestTests {
  @Test func `native guests and the port hear each other, and the wire hears nothing`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let port = try guestPort()
      #expect(port.text == "\(group):5000 on lo")
      #expect(port.record.wholeFrame == 0)
      let (one, other) = (try NativeGuest(group, 5_000), try NativeGuest(group, 5_000))
      let wire = try Member(group, 5_000, interface: "far0")

      one.send(frame(60))
      #expect(port.receive().map(\.bytes) == [frame(60)])
      #expect(other.receive() == frame(60))
      port.send([frame(1_514)])
      #expect(one.receive() == frame(60), "a native guest hears itself")
      #expect(one.receive() == frame(1_514))
      #expect(other.receive() == frame(1_514))
      #expect(port.receive().isEmpty)
      #expect(port.counters == ["own-echo": 1])
      #expect(wire.receive() == nil)
    }
  }

  @Test func `the route of the group leads home while the port is there`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let before = try route()
      let port = try guestPort()
      #expect(try route() == loopback)
      PrivateNetwork.ip("route del \(group) dev lo")
      try port.change(UMBEL_PREPARE_INTERFACES)
      #expect(try route() == loopback, "it is put back")
      port.close()
      #expect(try route() == before)
    }
  }

  @Test func `a route that an agent has left is taken over, one of the administrator stays`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let before = try route()
      PrivateNetwork.ip("route add \(group) dev lo scope host proto \(MulticastGuestSide.maker)")
      try guestPort().close()
      #expect(try route() == before)

      PrivateNetwork.ip("route add \(group) dev lo")
      let port = try guestPort()
      #expect(port.text == "\(group):5000 on lo")
      port.close()
      #expect(try route() == loopback)
    }
  }

  @Test func `a route of the group that leads elsewhere is left, and the command that replaces it named`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      PrivateNetwork.ip("route add \(group) dev near0")
      let port = try guestPort()
      #expect(port.text.hasSuffix("leave this host: run sudo ip route replace \(group)/32 dev lo"))
      #expect(
        port.record.messages == [
          "a route leads \(group) elsewhere: run sudo ip route replace \(group)/32 dev lo"
        ])
      PrivateNetwork.ip("route replace \(group)/32 dev lo")
      try port.change(UMBEL_PREPARE_INTERFACES)
      #expect(port.text == "\(group):5000 on lo")
    }
  }

  @Test func `without CAP_NET_ADMIN it joins where the guests send, for this host's frames alone`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      for name in ["all", "near0", "far0"] {
        _ = unsafe system("echo 0 > /proc/sys/net/ipv4/conf/\(name)/rp_filter")
      }
      let stranger = try PacketSocket("far0")
      try PrivateNetwork.giveUpNetworkAdministration()
      let port = try guestPort()
      let command = "run sudo ip route add \(group)/32 dev lo"
      #expect(port.text == "\(group):5000 on near0, by which guests' frames leave this host: \(command)")
      #expect(port.record.messages == ["this agent lacks CAP_NET_ADMIN: \(command)"])
      #expect(port.record.conditions.map(\.kind) == [UMBEL_CONDITION_SETUP_NEEDED])

      let guest = try NativeGuest(group, 5_000)
      guest.send(frame(60))
      #expect(port.receive().map(\.bytes) == [frame(60)])
      port.send([frame(61)])
      #expect(guest.receive() == frame(60))
      #expect(guest.receive() == frame(61))

      for _ in 0..<2 { stranger.send(strangersDatagram(frame(62))) }
      var received = 0
      for _ in 0..<4 { received += port.receive().count }
      #expect(received == 0)
      #expect(port.counters["foreign-sender"] == 2)
      #expect(port.record.messages.count == 2)
      #expect(port.record.messages.last?.hasPrefix("frames from 10.0.0.9 are dropped") == true)
      #expect(port.record.conditions.last?.kind == UMBEL_CONDITION_FOREIGN_SENDER)
      #expect(port.record.conditions.last?.peer == "10.0.0.9")
    }
  }

  @Test func `its own frames go no further than this host without the route`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      try PrivateNetwork.giveUpNetworkAdministration()
      let port = try guestPort()
      let wire = try Member(group, 5_000, interface: "far0")
      port.send([frame(60)])
      #expect(wire.receive() == nil)
    }
  }

  @Test func `without any route and without CAP_NET_ADMIN it waits`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up")
      try PrivateNetwork.giveUpNetworkAdministration()
      let port = try guestPort()
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.text == "guests have no route to \(group): run sudo ip route add \(group)/32 dev lo")
    }
  }

  @Test func `a guest that joined before there was a route takes part, and where it joined is said once`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      wire()
      let guest = try NativeGuest(group, 5_000)
      let port = try guestPort()
      #expect(
        port.record.messages == [
          "a program of this host has joined \(group) on near0, where it still hears other hosts: "
            + "if it is a guest, set its link down and up"
        ])
      try port.change(UMBEL_PREPARE_INTERFACES)
      #expect(port.record.messages.count == 1)
      let wire = try Member(group, 5_000, interface: "far0")
      guest.send(frame(60))
      #expect(port.receive().map(\.bytes) == [frame(60)])
      port.send([frame(61)])
      #expect(guest.receive() == frame(60))
      #expect(guest.receive() == frame(61))
      #expect(wire.receive() == nil)
    }
  }

  @Test func `a host without any address but that of lo will do`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up")
      let port = try guestPort()
      let guest = try NativeGuest(group, 5_000)
      guest.send(frame(60))
      #expect(port.receive().map(\.bytes) == [frame(60)])
    }
  }

  @Test(arguments: [
    ("interface", OptionValue.text("eth0")), ("source", .text("10.0.0.1")), ("ttl", .integer(2)),
    ("underlay-mtu", .integer(1_400)),
  ])
  func `what would lead off this host is refused`(option: String, value: OptionValue) throws {
    let values = ["group": .text(group), option: value]
    let refusal = try #require(throws: Refusal.self) {
      try unsafe DrivenPort.check(Transport.multicast, role: UMBEL_ROLE_GUEST, values)
    }
    #expect(refusal.option == option)
    #expect(refusal.text == "a guest port's frames do not leave this host: leave \(option) out")
  }

  @Test func `an IPv6 group is refused`() throws {
    let refusal = try #require(throws: Refusal.self) {
      try unsafe DrivenPort.check(Transport.multicast, role: UMBEL_ROLE_GUEST, ["group": .text("ff15::1")])
    }
    #expect(refusal.option == "group")
  }

  @Test func `members are read from the kernel's table`() {
    let table = """
      Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
      1\tlo        :     2      V3
      \t\t\t\t034DFFEF     1 0:00000000\t\t0
      \t\t\t\t010000E0     1 0:00000000\t\t0
      4\tenp0s31f6.100:     1      V3
      \t\t\t\t034DFFEF     2 0:00000000\t\t0
      5\teth1      :     1      V3
      \t\t\t\t010000E0     1 0:00000000\t\t0

      """
    #expect(GroupMembers.interfaces(of: IPAddress(group)!, in: table) == ["lo", "enp0s31f6.100"])
  }

  @Test func `members of an IPv6 group are found by its digits`() {
    let table = """
      1    lo              ff020000000000000000000000000001     1 0000000C 0
      2    eth0            ff150000000000000000000000770001     1 00000004 0
      3    br0             ff150000000000000000000000770001     2 00000004 0

      """
    #expect(GroupMembers.interfaces(of: IPAddress("ff15::77:1")!, in6: table) == ["eth0", "br0"])
    #expect(GroupMembers.interfaces(of: IPAddress("ff15::77:2")!, in6: table) == [])
  }
}
