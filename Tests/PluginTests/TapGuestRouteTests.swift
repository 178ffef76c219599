import CTransport
import Glibc
import LinuxIO
import Testing

@testable import TapTransport

// Each test is a process with a network of its own:
//
//     DrivenPort (tap) ── tap0 [host] eth0, eth1 ── other hosts

private let guest = "10.9.0.2"

/// The host's other interfaces.
private func interfaces() throws {
  try enterQuietNetwork()
  for name in ["eth0", "eth1"] {
    PrivateNetwork.ip("link add \(name) type veth peer name far-\(name)")
    PrivateNetwork.ip("link set \(name) up")
  }
}

private func isForwarding() -> Bool { TextFile.read("/proc/sys/net/ipv4/ip_forward") == "1\n" }
private func publishes(_ interface: String) throws -> Bool {
  try Interfaces.publishes(IPAddress(guest)!, on: try #require(try Interfaces.named(interface)).index)
}
private func hasRoute(_ device: String = "tap0") throws -> Bool {
  guard let index = try Interfaces.routing(to: IPAddress(guest)!) else { return false }
  return try Interfaces.named(device)?.index == index
}

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct TapGuestRouteTests {
  @Test func `a guest gets a route, proxy ARP, published ARP and forwarding, and all is undone`() async {
    await #expect(processExitsWith: .success) {
      try interfaces()
      // A device that stays shows what is left on it.
      PrivateNetwork.ip("tuntap add tap0 mode tap")
      let port = try tap(["route-guest": .text(guest)])
      #expect(port.state == UMBEL_STATE_UP && port.text.hasSuffix(", route to \(guest)"), "\(port.text)")
      #expect(try hasRoute() && publishes("eth0") && publishes("eth1") && isForwarding())
      #expect(try !publishes("tap0"))
      #expect(TextFile.read("/proc/sys/net/ipv4/conf/tap0/proxy_arp") == "1\n")
      port.close()
      #expect(try !hasRoute() && !publishes("eth0") && !publishes("eth1") && !isForwarding())
      #expect(TextFile.read("/proc/sys/net/ipv4/conf/tap0/proxy_arp") == "0\n")
    }
  }

  @Test func `what was there before stays`() async {
    await #expect(processExitsWith: .success) {
      try interfaces()
      PrivateNetwork.ip("tuntap add tap0 mode tap")
      PrivateNetwork.ip("link set tap0 up")
      PrivateNetwork.ip("route add \(guest)/32 dev tap0")
      PrivateNetwork.ip("neigh add proxy \(guest) dev eth0")
      _ = unsafe system("echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv4/conf/tap0/proxy_arp")
      try tap(["route-guest": .text(guest)]).close()
      #expect(try hasRoute() && publishes("eth0") && !publishes("eth1") && isForwarding())
      #expect(TextFile.read("/proc/sys/net/ipv4/conf/tap0/proxy_arp") == "1\n")
    }
  }

  @Test func `of two ports that want forwarding the last ends it`() async {
    await #expect(processExitsWith: .success) {
      try interfaces()
      let first = try tap(["route-guest": .text(guest)])
      let second = try tap(["route-guest": .text("10.9.0.3")], device: "tap1")
      first.close()
      #expect(isForwarding())
      #expect(try !hasRoute() && !publishes("eth0"))
      second.close()
      #expect(!isForwarding())
    }
  }

  @Test func `ending forwarding leaves what the kernel would have changed with it`() async {
    await #expect(processExitsWith: .success) {
      try interfaces()
      _ = unsafe system("echo 1 > /proc/sys/net/ipv4/conf/eth1/forwarding")
      _ = unsafe system("echo 0 > /proc/sys/net/ipv4/conf/all/accept_redirects")
      try tap(["route-guest": .text(guest)]).close()
      #expect(TextFile.read("/proc/sys/net/ipv4/conf/eth0/forwarding") == "0\n")
      #expect(TextFile.read("/proc/sys/net/ipv4/conf/eth1/forwarding") == "1\n")
      #expect(TextFile.read("/proc/sys/net/ipv4/conf/all/accept_redirects") == "0\n")
    }
  }

  @Test func `an interface that comes later answers for the guest as well`() async {
    await #expect(processExitsWith: .success) {
      try interfaces()
      let port = try tap(["route-guest": .text(guest)])
      PrivateNetwork.ip("link add eth2 type veth peer name far2")
      PrivateNetwork.ip("link set eth2 up")
      let descriptorChanges = port.record.descriptorChanges
      // Committed, so that the host asks again what is to be kept of the port.
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(try publishes("eth2"))
      #expect(port.record.descriptorChanges == descriptorChanges)
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      port.close()
      #expect(try !publishes("eth2"))
    }
  }

  @Test func `the route is there again after the device was down`() async {
    await #expect(processExitsWith: .success) {
      try interfaces()
      let port = try tap(["route-guest": .text(guest)])
      PrivateNetwork.ip("link set tap0 down")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(try !hasRoute())
      PrivateNetwork.ip("link set tap0 up")
      #expect(try !port.change(UMBEL_PREPARE_INTERFACES))
      #expect(try hasRoute())
    }
  }

  @Test func `a device that is deleted takes its guest's route with it, and a new one brings it back`() async {
    await #expect(processExitsWith: .success) {
      try interfaces()
      let port = try tap(["route-guest": .text(guest)])
      PrivateNetwork.ip("link del tap0")
      #expect(try port.change(UMBEL_PREPARE_INTERFACES))
      #expect(try !publishes("eth0") && !isForwarding())
      #expect(try port.change(UMBEL_PREPARE_RETRY))
      #expect(try hasRoute() && publishes("eth0") && isForwarding())
    }
  }

  @Test func `a route to the guest by another way is told, with the command`() async {
    await #expect(processExitsWith: .success) {
      try interfaces()
      PrivateNetwork.ip("route add \(guest)/32 dev eth1")
      let port = try tap(["route-guest": .text(guest)])
      #expect(port.text.contains("sudo ip route replace \(guest)/32 dev tap0"))
      port.close()
      #expect(try hasRoute("eth1"))
    }
  }
}
