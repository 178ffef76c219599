import CTransport
import Glibc
import LinuxIO
import Testing

@testable import MulticastTransport

// Each test is a process with a network of its own, in which one port ends as a process does and the next takes over:
//
//     DrivenPort (mcast), then another ── lo ── Member
//
// or by a wire:
//
//     DrivenPort (mcast), then another ── trunk0 ═══ veth ═══ far0 ── Member
//                                         10.0.0.1            10.0.0.2

private let group = "239.255.77.9"

private func trunk(
  _ more: [String: OptionValue] = [:], interface: String = "lo", adopted: KeptPort? = nil
) throws -> DrivenPort {
  let values: [String: OptionValue] = [
    "group": .text(group), "port": .integer(20_900), "interface": .text(interface),
  ]
  return try unsafe DrivenPort(
    Transport.multicast, role: UMBEL_ROLE_TRUNK, values.merging(more) { _, given in given }, adopted: adopted)
}

private let groupIPv6 = "ff15::7709"

private func guestPort(adopted: KeptPort? = nil) throws -> DrivenPort {
  try unsafe DrivenPort(
    Transport.multicast, role: UMBEL_ROLE_GUEST, ["group": .text(group), "port": .integer(20_900)], adopted: adopted)
}

private func wire() {
  PrivateNetwork.ip("link add trunk0 type veth peer name far0")
  for (name, address) in [("far0", "10.0.0.2"), ("trunk0", "10.0.0.1")] {
    PrivateNetwork.ip("address add \(address)/24 dev \(name)")
    PrivateNetwork.ip("link set \(name) up")
    _ = unsafe system("echo 1 > /proc/sys/net/ipv4/conf/\(name)/accept_local")
  }
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

/// Whether a member hears a frame, behind what it has sent itself.
private func hears(_ member: Member, _ frame: [UInt8]) -> Bool {
  while let datagram = member.receive() { if datagram.bytes == frame { return true } }
  return false
}

/// All that a port receives until it is quiet.
private func all(_ port: DrivenPort) -> [[UInt8]] {
  var frames: [[UInt8]] = []
  while true {
    let part = port.receive(waiting: port.hasMore ? nil : 100).map(\.bytes)
    if part.isEmpty && !port.hasMore { return frames }
    frames += part
  }
}

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct MulticastHandOverTests {
  @Test func `what has come meanwhile is received, and the port sends from where it sent`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      for isQuiet in [true, false] {
        let before = openDescriptors()
        let first = try trunk()
        let member = try Member(group, 20_900)
        member.send(frame(60))
        #expect(all(first) == [frame(60)])
        let kept = try #require(first.handOver(isQuiet: isQuiet))
        let source = try SocketAddress(of: kept.numbers[1])
        first.send([frame(61)])
        #expect(hears(member, frame(61)))
        first.vanish()
        for tag: UInt8 in 1...200 { member.send(frame(1_000, tag: tag)) }

        let second = try trunk(adopted: kept)
        #expect(second.state == UMBEL_STATE_UP && second.text.hasSuffix("on lo (127.0.0.1)"), "\(second.text)")
        #expect(all(second) == (1...200).map { frame(1_000, tag: $0) })
        #expect(second.counters["own-echo"] == 1, "the datagram of the port before")
        #expect(second.send([frame(62)]) == 1)
        #expect(hears(member, frame(62)))
        #expect(all(second).isEmpty && second.counters["own-echo"] == 2)
        let next = try #require(second.handOver(isQuiet: true))
        #expect(try SocketAddress(of: next.numbers[1]) == source)
        next.close()
        second.close()
        withExtendedLifetime(member) { #expect(openDescriptors() == before + 2) }
      }
    }
  }

  @Test func `live options that have changed meanwhile are in force`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let first = try trunk()
      let member = try Member(group, 20_900)
      let kept = try #require(first.handOver(isQuiet: false))
      // As if it was killed while it sent a frame that was to stay whole.
      try MulticastSocket.setFragmenting(false, family: AF_INET, socket: kept.numbers[1])
      first.vanish()
      let second = try trunk(
        ["ttl": .integer(5), "gro": .integer(0), "buffers": .integer(40_000)], adopted: kept)
      for number in kept.numbers {
        #expect(try socketOption(number, SOL_SOCKET, number == kept.numbers[0] ? SO_RCVBUF : SO_SNDBUF) == 80_000)
      }
      #expect(try socketOption(kept.numbers[0], UDPOption.level, UDPOption.gro) == 0)
      #expect(try socketOption(kept.numbers[1], IPPROTO.ip, IP_MTU_DISCOVER) == IP_PMTUDISC_OMIT)
      second.send([frame(60)])
      let received = try #require(member.receive())
      #expect(received.bytes == frame(60) && received.hops == 5)
    }
  }

  @Test func `an interface that is another now gets sockets of its own`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      wire()
      let before = openDescriptors()
      let first = try trunk(interface: "trunk0")
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      PrivateNetwork.ip("link del trunk0")
      wire()
      let second = try trunk(interface: "trunk0", adopted: kept)
      #expect(second.state == UMBEL_STATE_UP)
      let member = try Member(group, 20_900, interface: "far0")
      #expect(passes(second, member))
      second.close()
      withExtendedLifetime(member) { #expect(openDescriptors() == before + 2) }
    }
  }

  @Test func `an address that is another now is sent from, and the old one's echo is still known`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      wire()
      let first = try trunk(interface: "trunk0")
      #expect(passes(first, try Member(group, 20_900, interface: "far0")))
      let kept = try #require(first.handOver(isQuiet: true))
      first.send([frame(60)])
      first.vanish()
      PrivateNetwork.ip("address del 10.0.0.1/24 dev trunk0")
      PrivateNetwork.ip("address add 10.0.0.77/24 dev trunk0")
      let second = try trunk(interface: "trunk0", adopted: kept)
      #expect(second.text.hasSuffix("(10.0.0.77)"), "\(second.text)")
      #expect(all(second).isEmpty)
      #expect(try #require(second.counters["own-echo"]) >= 1)
      #expect(passes(second, try Member(group, 20_900, interface: "far0")))
    }
  }

  @Test func `an interface that is down is waited for, with the sockets of before`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      wire()
      let first = try trunk(interface: "trunk0")
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      PrivateNetwork.ip("link set trunk0 down")
      let second = try trunk(interface: "trunk0", adopted: kept)
      #expect(second.state == UMBEL_STATE_WAITING && second.text == "interface trunk0 is down")
      PrivateNetwork.ip("link set trunk0 up")
      try second.change(UMBEL_PREPARE_INTERFACES)
      #expect(second.state == UMBEL_STATE_UP)
      #expect(second.descriptors.map(\.descriptor) == [kept.numbers[0]])
      #expect(passes(second, try Member(group, 20_900, interface: "far0")))
    }
  }

  @Test func `a group of IPv6 is heard on`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      wire()
      for (name, address) in [("trunk0", "fd00::1"), ("far0", "fd00::2")] {
        PrivateNetwork.ip("address add \(address)/64 dev \(name) nodad")
      }
      let values: [String: OptionValue] = ["group": .text(groupIPv6)]
      let first = try trunk(values, interface: "trunk0")
      let member = try Member(groupIPv6, 20_900, interface: "far0")
      #expect(passes(first, member))
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      member.send(frame(70))
      let second = try trunk(values, interface: "trunk0", adopted: kept)
      #expect(second.descriptors.map(\.descriptor) == [kept.numbers[0]])
      #expect(all(second).contains(frame(70)))
      #expect(passes(second, member))
    }
  }

  @Test func `native guests stay at home, and the port that takes over ends that`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      wire()
      PrivateNetwork.ip("route add 224.0.0.0/4 dev trunk0")
      let address = try #require(IPAddress(group))
      let before = try Interfaces.routing(to: address)
      let first = try guestPort()
      let native = try NativeGuest(group, 20_900)
      let kept = try #require(first.handOver(isQuiet: true))
      first.vanish()
      #expect(try Interfaces.routing(to: address) == 1, "the route through lo")
      native.send(frame(60))
      let second = try guestPort(adopted: kept)
      #expect(second.text == "\(group):20900 on lo")
      #expect(all(second) == [frame(60)])
      #expect(native.receive() == frame(60), "a native guest hears itself")
      second.send([frame(61)])
      #expect(native.receive() == frame(61))
      second.close()
      #expect(try Interfaces.routing(to: address) == before)
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
      for state: [UInt8] in [[], [1], [2] + kept.state.dropFirst(), [1, 0xff], kept.state + [10], [1, 0x78]] {
        var kept = kept
        kept.state = state
        refuses(kept)
      }
      refuses(kept.keeping { $0 == 1 })
      refuses(kept.keeping { $0 == 2 })
      // Sockets of another group, and no sockets.
      refuses(kept, ["port": .integer(20_901)])
      var files = kept
      files.numbers = [0, 0]
      refuses(files)
      #expect(openDescriptors() == before)
      #expect(try trunk(adopted: kept).state == UMBEL_STATE_UP)
    }
  }

  @Test func `a hand-over that comes to nothing changes nothing`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let port = try trunk()
      let member = try Member(group, 20_900)
      for isQuiet in [true, false] {
        let kept = try #require(port.handOver(isQuiet: isQuiet))
        member.send(frame(60))
        kept.close()
        #expect(all(port) == [frame(60)])
        port.send([frame(61)])
        #expect(hears(member, frame(61)))
      }
      #expect(port.record.states.count == 1 && port.record.descriptorChanges == 0)
    }
  }

  @Test func `a port without sockets leaves nothing`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enterWithLoopback()
      let port = try trunk(interface: "none")
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.handOver(isQuiet: true) == nil)
    }
  }
}
