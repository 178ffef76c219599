import CTransport
import Glibc
import LinuxIO
import Testing

@testable import TapTransport

// Each test is a process with a network of its own, in which one port ends as a process does and the next takes over:
//
//     DrivenPort (tap), then another ── tap0 ── PacketSocket

private let guest = "10.9.0.2"

private func setting(_ name: String) -> String? { TextFile.read("/proc/sys/net/ipv4/\(name)") }

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct TapHandOverTests {
  @Test func `the device stays as it is, and what the host has sent meanwhile is received`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let values: [String: OptionValue] = ["address": .items(["10.9.0.1/24"])]
      for isQuiet in [true, false] {
        let before = openDescriptors()
        let first = try tap(values)
        PrivateNetwork.ip("address add 10.9.0.7/24 dev tap0")
        PrivateNetwork.ip("link set tap0 mtu 1400")
        let host = try PacketSocket("tap0")
        host.send(frame(60))
        #expect(first.receive().map(\.bytes) == [frame(60)])

        let link = try Interfaces.named("tap0")
        let kept = try #require(first.handOver(isQuiet: isQuiet))
        first.vanish()
        #expect(try Interfaces.named("tap0") == link)
        for tag: UInt8 in 2...20 { host.send(frame(60, tag: tag)) }
        let second = try tap(values, adopted: kept)
        #expect(second.state == UMBEL_STATE_UP && second.text.hasPrefix("tap0 mtu 1400"), "\(second.text)")
        #expect(second.descriptors.map(\.descriptor) == kept.numbers)
        #expect(second.receive().map(\.bytes) == (2...20).map { frame(60, tag: $0) })
        #expect(try Interfaces.named("tap0") == link)
        #expect(
          try Interfaces.addresses(of: #require(link).index).map(\.description) == ["10.9.0.1/24", "10.9.0.7/24"])
        #expect(second.send([frame(61)]) == 1)
        var seen: [UInt8]?
        while let next = host.receive() { seen = next }
        #expect(seen == frame(61))
        second.close()
        #expect(!has("tap0"), "somebody still has it")
        withExtendedLifetime(host) { #expect(openDescriptors() == before + 1) }
      }
    }
  }

  @Test func `a super-frame that waits in the device is handed on with what is left to be done`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let first = try tap()
      let kept = try #require(first.handOver(isQuiet: false))
      first.vanish()
      let host = try PacketSocket("tap0", hasHeader: true)
      host.send(partialHeader(segment: 1_000) + partialSegment(payload: 9_000))
      let received = try tap(adopted: kept).receive()
      #expect(received.map(\.bytes) == [partialSegment(payload: 9_000)])
      #expect(received.map(\.gsoSize) == [1_000])
    }
  }

  @Test func `a device that was renamed and set down is taken over, and up again`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let first = try tap()
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      let index = try Interfaces.named("tap0")?.index
      for words in ["tap0 down", "tap0 name lan0"] { PrivateNetwork.ip("link set \(words)") }
      let second = try tap(adopted: kept)
      #expect(second.state == UMBEL_STATE_UP && second.text.hasPrefix("lan0 mtu"), "\(second.text)")
      #expect(try Interfaces.named("lan0")?.index == index)
      #expect(!has("tap0"))
    }
  }

  @Test func `a device that was deleted meanwhile is made anew`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let before = openDescriptors()
      let first = try tap(["mtu": .integer(1_300), "route-guest": .text(guest)])
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      PrivateNetwork.ip("link del tap0")
      let second = try tap(["mtu": .integer(1_300), "route-guest": .text(guest)], adopted: kept)
      #expect(second.state == UMBEL_STATE_UP)
      #expect(second.descriptors.map(\.descriptor) != kept.numbers, "the host would take it for the old one")
      #expect(try Interfaces.named("tap0")?.mtu == 1_300)
      let host = try PacketSocket("tap0")
      #expect(second.send([frame(60)]) == 1)
      #expect(host.receive() == frame(60))
      second.close()
      withExtendedLifetime(host) { #expect(openDescriptors() == before + 1) }
    }
  }

  @Test func `what was done for a guest stays, and the port that takes over undoes it`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      for name in ["eth0", "eth1"] {
        PrivateNetwork.ip("link add \(name) type veth peer name far-\(name)")
        PrivateNetwork.ip("link set \(name) up")
      }
      // A device that stays shows what is left on it.
      PrivateNetwork.ip("tuntap add tap0 mode tap")
      _ = unsafe system("echo 1 > /proc/sys/net/ipv4/conf/eth1/forwarding")
      _ = unsafe system("echo 0 > /proc/sys/net/ipv4/conf/all/accept_redirects")
      let first = try tap(["route-guest": .text(guest)])
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      // This process must not be the one that holds it.
      IPv4Forwarding.release()
      _ = unsafe system("echo 1 > /proc/sys/net/ipv4/ip_forward")

      let second = try tap(["route-guest": .text(guest)], adopted: kept)
      let index = try #require(try Interfaces.named("tap0")).index
      let address = try #require(IPAddress(guest))
      let others = try ["eth0", "eth1"].map { try #require(try Interfaces.named($0)).index }
      #expect(try Interfaces.routing(to: address) == index)
      for other in others { #expect(try Interfaces.publishes(address, on: other)) }
      let next = try #require(second.handOver(isQuiet: true))
      #expect(next.state == kept.state)
      next.close()
      second.close()
      #expect(try Interfaces.routing(to: address) != index)
      for other in others { #expect(try !Interfaces.publishes(address, on: other)) }
      #expect(setting("conf/tap0/proxy_arp") == "0\n" && setting("ip_forward") == "0\n")
      #expect(setting("conf/eth0/forwarding") == "0\n" && setting("conf/eth1/forwarding") == "1\n")
      #expect(setting("conf/all/accept_redirects") == "0\n")
    }
  }

  @Test func `state that nobody has written is refused, and nothing is taken`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let first = try tap(["route-guest": .text(guest)])
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      let head = try #require(kept.state.firstIndex(of: UInt8(ascii: "\n")))
      let index = Array(kept.state[..<head])
      let odd: [[UInt8]] = [
        [], [1], [2] + kept.state.dropFirst(), [1, 0xff], [1] + Array("x".utf8), index + Array("\n".utf8),
        index + Array("\nroutes".utf8), index + Array("\nroute 1".utf8), index + Array("\npublished".utf8),
        index + Array("\npublished 1 x".utf8), index + Array("\nforwarding on:../all".utf8),
        index + Array("\nforwarding off:eth0".utf8),
      ]
      let before = openDescriptors()
      for state in odd {
        var kept = kept
        kept.state = state
        let refusal = #expect(throws: Refusal.self, "\(state)") {
          try tap(["route-guest": .text(guest)], adopted: kept)
        }
        #expect(refusal?.text.hasPrefix("what the agent before has left of this port") == true)
      }
      // A route for a guest that is not configured.
      #expect(throws: Refusal.self) { try tap(adopted: kept) }
      #expect(throws: Refusal.self) { try tap(["route-guest": .text(guest)], adopted: kept.keeping { $0 != 0 }) }
      #expect(openDescriptors() == before && has("tap0"))
      #expect(try tap(["route-guest": .text(guest)], adopted: kept).state == UMBEL_STATE_UP)
    }
  }

  @Test func `a bridge that is none any more is waited for, and the device stays`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      PrivateNetwork.ip("link add br0 type bridge")
      let first = try tap(["bridge": .text("br0")])
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      PrivateNetwork.ip("link del br0")
      PrivateNetwork.ip("link add br0 type veth peer name far0")
      let second = try tap(["bridge": .text("br0")], adopted: kept)
      #expect(second.state == UMBEL_STATE_WAITING && second.text == "br0 is not a bridge: name another")
      #expect(has("tap0"))
      for words in ["del br0", "add br0 type bridge"] { PrivateNetwork.ip("link \(words)") }
      try second.change(UMBEL_PREPARE_RETRY)
      #expect(second.state == UMBEL_STATE_UP)
      #expect(try Interfaces.named("tap0")?.master == Interfaces.named("br0")?.index)
    }
  }

  @Test func `a hand-over that comes to nothing changes nothing`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      let host = try PacketSocket("tap0")
      for isQuiet in [true, false] {
        let kept = try #require(port.handOver(isQuiet: isQuiet))
        host.send(frame(60))
        kept.close()
        #expect(port.receive().map(\.bytes) == [frame(60)])
      }
      #expect(port.record.states.count == 1 && port.record.descriptorChanges == 0)
      port.close()
      #expect(!has("tap0"))
    }
  }

  @Test func `a port without a device leaves nothing`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let first = try tap()
      let second = try tap()
      #expect(second.state == UMBEL_STATE_WAITING)
      #expect(second.handOver(isQuiet: true) == nil)
      withExtendedLifetime(first) {}
    }
  }
}
