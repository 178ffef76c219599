import CTransport
import Glibc
import LinuxIO
import Testing

@testable import TapTransport

// Each test is a process with a network of its own:
//
//     DrivenPort (tap) ── tap0 ── PacketSocket, or the kernel's own IP

/// Enters a network in which no interface speaks IPv6 by itself.
func enterQuietNetwork() throws {
  try PrivateNetwork.enter()
  _ = unsafe system("echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6")
}

func tap(
  _ values: [String: OptionValue] = [:], device: String? = "tap0", adopted: KeptPort? = nil
) throws -> DrivenPort {
  var values = values
  if let device { values["device"] = .text(device) }
  return try unsafe DrivenPort(Transport.tap, role: UMBEL_ROLE_GUEST, values, adopted: adopted)
}

func has(_ interface: String) -> Bool { unsafe if_nametoindex(interface) != 0 }

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct TapDeviceTests {
  @Test func `a new device is up, with the host's address and the MAC address from it`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap(["address": .items(["192.168.0.254/24", "10.1.0.1"]), "mtu": .integer(1_400)])
      #expect(port.state == UMBEL_STATE_UP, "\(port.text)")
      #expect(port.record.states.last?.largestFrame == 1_418)
      let link = try #require(try Interfaces.named("tap0"))
      #expect(link.isUp && link.mtu == 1_400)
      #expect(link.hardwareAddress == [0xfe, 0xfd, 192, 168, 0, 254])
      #expect(try Interfaces.addresses(of: link.index).map(\.description) == ["192.168.0.254/24", "10.1.0.1/32"])
      port.close()
      #expect(!has("tap0"))
    }
  }

  @Test func `without a name the next free one is taken, and shown`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let first = try tap(device: nil)
      let second = try tap(["mac": .text("fe:fd:00:00:00:09")], device: nil)
      #expect(first.text.hasPrefix("tap0 mtu 1500"))
      #expect(second.text.hasPrefix("tap1 mtu 1500"))
      #expect(try Interfaces.named("tap1")?.hardwareAddress == [0xfe, 0xfd, 0, 0, 0, 9])
    }
  }

  @Test func `a persistent device stays with its owner, another goes with the port`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap(["persistent": .integer(1), "user": .text("nobody"), "group": .text("7")])
      port.close()
      let properties = try #require(try Interfaces.named("tap0")?.tap)
      #expect(properties.user == 65_534 && properties.group == 7 && properties.isPersistent)
      // Without a word about it, it stays as it is.
      try tap().close()
      #expect(has("tap0"))
      try tap(["persistent": .integer(0)]).close()
      #expect(!has("tap0"))
    }
  }

  @Test func `a device that another program has is waited for`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let first = try tap()
      let second = try tap()
      #expect(second.state == UMBEL_STATE_WAITING)
      #expect(second.text.hasPrefix("tap0 is in use by another port or program"))
      #expect(second.descriptors.isEmpty)
      first.close()
      #expect(try second.change(UMBEL_PREPARE_RETRY))
      #expect(second.state == UMBEL_STATE_UP)
      #expect(second.descriptors.count == 1)
    }
  }

  @Test func `what is not a TAP is refused`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      PrivateNetwork.ip("link add plain0 type veth peer name far0")
      PrivateNetwork.ip("tuntap add tun0 mode tun")
      for name in ["plain0", "tun0"] {
        let refusal = #expect(throws: Refusal.self) { try tap(device: name) }
        #expect(refusal?.option == "device")
        #expect(refusal?.text == "\(name) is not a TAP device: name another, or one that does not exist")
      }
      let refusal = #expect(throws: Refusal.self) { try tap(["bridge": .text("plain0")]) }
      #expect(refusal?.option == "bridge")
      #expect(!has("tap0"))
    }
  }

  @Test func `a device that is deleted is opened again at the next try`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap(["mtu": .integer(1_300)])
      PrivateNetwork.ip("link del tap0")
      // The forwarding thread may learn it first.
      port.ready(8)  // EPOLLERR
      #expect(port.record.descriptorChanges == 1 && port.descriptors.isEmpty)
      #expect(port.send([frame(60)]) == -ENETDOWN)
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_WAITING && port.text == "tap0 has been deleted")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(!has("tap0"))

      #expect(try port.change(UMBEL_PREPARE_RETRY))
      #expect(port.state == UMBEL_STATE_UP)
      #expect(try Interfaces.named("tap0")?.mtu == 1_300)
      let host = try PacketSocket("tap0")
      #expect(port.send([frame(60)]) == 1)
      #expect(host.receive() == frame(60))
    }
  }

  @Test func `a named device that an administrator makes is taken at once`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      PrivateNetwork.ip("link del tap0")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      PrivateNetwork.ip("tuntap add tap0 mode tap")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_UP)
    }
  }

  @Test func `a device that is down waits, and keeps its descriptor`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      let descriptor = port.descriptors.first?.descriptor
      PrivateNetwork.ip("link set tap0 down")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.text == "tap0 is down: run sudo ip link set tap0 up")
      // What is sent before the host has heard of it is rejected, not tried for ever.
      #expect(port.send([frame(60)]) == -EIO)
      #expect(port.counters == ["send-enetdown": 1])
      #expect(try !port.change(UMBEL_PREPARE_RETRY))
      #expect(port.state == UMBEL_STATE_WAITING)

      PrivateNetwork.ip("link set tap0 up")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_UP)
      #expect(port.descriptors.first?.descriptor == descriptor)
      #expect(port.send([frame(60)]) == 1)
    }
  }

  @Test func `another MTU of the device is another largest frame of the port`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      #expect(port.record.states.last?.largestFrame == 1_518)
      PrivateNetwork.ip("link set tap0 mtu 9000")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.record.states.last?.largestFrame == 9_018)
      PrivateNetwork.ip("link set tap0 mtu 60000")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.record.states.last?.largestFrame == UMBEL_LARGEST_SEGMENT)
      // Nothing has changed: nothing is reported.
      let count = port.record.states.count
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.record.states.count == count)
    }
  }

  @Test func `a bridge that is missing is waited for and joined`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap(["bridge": .text("br0")])
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.text == "there is no bridge br0: run sudo ip link add br0 type bridge")
      PrivateNetwork.ip("link add br0 type bridge")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_UP && port.text.hasSuffix(", bridge br0"))
      let bridge = try #require(try Interfaces.named("br0"))
      #expect(try Interfaces.named("tap0")?.master == bridge.index)
      PrivateNetwork.ip("link del br0")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.state == UMBEL_STATE_WAITING)
    }
  }

  @Test func `without CAP_NET_ADMIN an own device is attached, and the commands for the rest are named`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      PrivateNetwork.ip("tuntap add tap0 mode tap user 0")
      PrivateNetwork.ip("tuntap add tap1 mode tap user 1")
      try PrivateNetwork.giveUpNetworkAdministration()

      let port = try tap(["address": .items(["10.0.0.1/24"]), "route-guest": .text("10.0.0.2")])
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.text == "tap0 is down: run sudo ip link set tap0 up")
      #expect(port.record.messages == ["this agent lacks CAP_NET_ADMIN: run sudo ip link set tap0 up"])
      #expect(port.record.conditions.map(\.kind) == [UMBEL_CONDITION_SETUP_NEEDED])

      let foreign = try tap(device: "tap1")
      #expect(foreign.state == UMBEL_STATE_WAITING)
      #expect(foreign.text == "tap1 is not this agent's: run sudo umbel tap create tap1 --user 0")
      #expect(try tap(device: "tap2").text.hasPrefix("making tap2 needs CAP_NET_ADMIN: run sudo umbel tap create tap2"))
    }
  }

  @Test func `without CAP_NET_ADMIN a device that is up carries frames, and says what it lacks`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      PrivateNetwork.ip("tuntap add tap0 mode tap user 0")
      PrivateNetwork.ip("address add 10.0.0.1/24 dev tap0")
      PrivateNetwork.ip("link set tap0 up")
      let host = try PacketSocket("tap0")
      try PrivateNetwork.giveUpNetworkAdministration()
      let port = try tap(["address": .items(["10.0.0.1/24", "10.0.1.1/24"])])
      #expect(port.state == UMBEL_STATE_UP)
      #expect(port.text.hasSuffix("; lacks CAP_NET_ADMIN, run sudo ip address add 10.0.1.1/24 dev tap0"))
      // It goes on saying so.
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(port.record.states.count == 1 && port.record.messages.count == 1)
      #expect(port.send([frame(60)]) == 1)
      #expect(host.receive() == frame(60))
    }
  }
}

struct TapSettingsTests {
  private func refusal(_ values: [String: OptionValue]) -> Refusal? {
    #expect(throws: Refusal.self) { try unsafe DrivenPort.check(Transport.tap, role: UMBEL_ROLE_GUEST, values) }
  }

  @Test(arguments: [
    ("mac", "01:00:00:00:00:01", "01:00:00:00:00:01 is a group address: make its first byte even, such as fe"),
    ("mac", "fe:fd", "fe:fd is no MAC address: write six pairs, such as fe:fd:00:00:00:01"),
    ("mac", "00:00:00:00:00:00", "a device cannot have 00:00:00:00:00:00: write another"),
    ("user", "no such user", "/etc/passwd has no user no such user: write another, or a number"),
    ("group", "4294967295", "/etc/group has no group 4294967295: write another, or a number"),
    ("route-guest", "fd00::1", "fd00::1 cannot be routed to a guest: write its IPv4 address, such as 192.168.0.253"),
  ])
  func `a value that cannot be is refused`(option: String, value: String, text: String) {
    let refusal = refusal([option: .text(value)])
    #expect(refusal?.option == option)
    #expect(refusal?.text == text)
  }

  @Test(arguments: ["10.0.0.1/33", "10.0.0.1/+4", "10.0.0.1/", "224.0.0.1/4", "::/0", "10.0.0/8", "10.0.0.1/8/8"])
  func `an address that no host can have is refused`(text: String) {
    #expect(refusal(["address": .items(["10.0.0.1/8", text])])?.option == "address")
  }

  @Test func `a guest behind a bridge is not routed`() {
    #expect(refusal(["route-guest": .text("10.0.0.2"), "bridge": .text("br0")])?.option == "route-guest")
  }
}
