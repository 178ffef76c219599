import CTransport
import Glibc
import Synchronization
import Testing

@testable import LinuxIO
@testable import MulticastTransport

// A trunk and a plain member of its group on the loopback interface:
//
//     DrivenPort (mcast) ── lo, 239.255.77.1:port ── Member

private let group = "239.255.77.1"
private let nextPort = Atomic<UInt16>(21_000)

private func trunk(_ port: UInt16, _ more: [String: OptionValue] = [:]) throws -> DrivenPort {
  let values: [String: OptionValue] = [
    "group": .text(group), "port": .integer(Int64(port)), "interface": .text("lo"), "ttl": .integer(1),
  ]
  return try unsafe DrivenPort(
    Transport.multicast, role: UMBEL_ROLE_TRUNK, values.merging(more) { _, given in given })
}

/// A trunk and a member of one group, which no other test uses.
private func network(_ more: [String: OptionValue] = [:]) throws -> (trunk: DrivenPort, member: Member) {
  let port = nextPort.add(1, ordering: .relaxed).newValue
  return (try trunk(port, more), try Member(group, port))
}

@Suite struct MulticastTests {
  @Test func `a frame is the payload of one datagram`() throws {
    let (trunk, member) = try network()
    #expect(trunk.send([frame(60), frame(1_514, tag: 2)]) == 2)
    #expect(member.receive()?.bytes == frame(60))
    #expect(member.receive()?.bytes == frame(1_514, tag: 2))
  }

  @Test func `the payload of a datagram is a frame of the port, from who sent it`() throws {
    let (trunk, member) = try network()
    member.send(frame(60))
    let received = trunk.receive()
    #expect(received.map(\.bytes) == [frame(60)])
    #expect(received.allSatisfy { $0.port == DrivenPort.number && $0.isPlain && $0.pieceCount == 1 })
    #expect(received.map(\.remoteIndex) == [1])
  }

  @Test func `members are told apart by address and port, and forgotten after ten minutes of silence`() throws {
    let (trunk, member) = try network()
    let port = try SocketAddress(of: member.receiver.number).port
    let other = try Member(group, port)
    #expect(trunk.remotes.isEmpty && trunk.deadline == .max)
    trunk.send([frame(60)])
    for sender in [member, other, member] { sender.send(frame(60)) }
    var received: [ReceivedFrame] = []
    for _ in 0..<3 where received.count < 3 { received += trunk.receive() }
    #expect(received.map(\.remoteIndex) == [1, 2, 1])
    #expect(received.allSatisfy { $0.remoteGeneration != 0 })
    let addresses = try [member, other].map { try SocketAddress(of: $0.sender.number).description }
    #expect(
      trunk.remotes == [
        ToldRemote(index: 1, address: addresses[0], frames: 2, bytes: 120),
        ToldRemote(index: 2, address: addresses[1], frames: 1, bytes: 60),
      ])

    let now = monotonicNanoseconds()
    #expect(trunk.deadline <= now)
    trunk.tick(now)
    #expect(trunk.remotes.count == 2 && trunk.deadline > now)
    trunk.tick(now + MulticastPeers.patienceNanoseconds + 1_000_000_000)
    #expect(trunk.remotes.isEmpty && trunk.deadline == .max)
    #expect(FakeHost.record(trunk.handle).goneRemotes == [1, 2])
    member.send(frame(60))
    #expect(trunk.receive().map(\.remoteGeneration) == [2], "another holder of the place")
  }

  @Test func `what comes back of the own datagrams is dropped and counted`() throws {
    let (trunk, member) = try network()
    trunk.send([frame(60), frame(60, tag: 2)])
    member.send(frame(60, tag: 3))
    var received: [ReceivedFrame] = []
    for _ in 0..<1_000 where received.isEmpty || trunk.hasMore { received += trunk.receive() }
    #expect(received.map(\.bytes) == [frame(60, tag: 3)])
    #expect(trunk.counters["own-echo"] == 2)
  }

  @Test(
    "the host learns which datagrams are the trunk's own",
    arguments: [
      (group, "2 [239, 255, 77, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]:20999"),
      ("ff15::77", "10 [255, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 119]:20999"),
    ])
  func underlay(_ group: String, flow: String) throws {
    // That there is no such interface does not matter: other hosts may have theirs.
    let trunk = try trunk(20_999, ["group": .text(group), "interface": .text("none")])
    #expect(FakeHost.record(trunk.handle).flows == [flow])
  }

  @Test func `two trunks of one host hear each other`() throws {
    let port = nextPort.add(1, ordering: .relaxed).newValue
    let (first, second) = (try trunk(port), try trunk(port))
    first.send([frame(60)])
    #expect(second.receive().map(\.bytes) == [frame(60)])
  }

  @Test func `empty, short and too long datagrams are counted and the frames between them pass`() throws {
    let (trunk, member) = try network()
    for length in [60, 0, 13, 14, 9_217, 9_216, 20_000] { member.send(frame(length)) }
    #expect(trunk.receive().map(\.bytes.count) == [60, 14, 9_216])
    #expect(trunk.counters == ["foreign-empty": 1, "foreign-runt": 1, "foreign-oversize": 2])
  }

  @Test func `who sends nothing that is a frame is no peer`() throws {
    let (trunk, member) = try network()
    for length in [0, 13, 9_217] { member.send(frame(length)) }
    #expect(trunk.receive().isEmpty && trunk.counters.count == 3)
    #expect(trunk.remotes.isEmpty && trunk.deadline == .max)
  }

  @Test func `a jumbo frame passes both ways, out in pieces`() throws {
    let (trunk, member) = try network()
    member.send(frame(9_014))
    let received = trunk.receive()
    #expect(received.map(\.bytes) == [frame(9_014)])
    #expect(trunk.send([frame(9_014)], pieceLength: 2_000) == 1)
    #expect(member.receive()?.bytes == frame(9_014))
  }

  @Test func `a full batch of datagrams that came one by one says that more are at hand`() throws {
    let (trunk, member) = try network()
    for index in 0..<70 { member.send(frame(60, tag: UInt8(index))) }
    var received = 0
    for _ in 0..<2 {
      received += trunk.receive(capacity: 200).count
      #expect(trunk.hasMore)
    }
    #expect(trunk.receive(capacity: 200).map(\.bytes[0]) == Array(UInt8(received)..<70))
    #expect(!trunk.hasMore)
  }

  @Test func `no more frames are filled than the host has room for`() throws {
    let (trunk, member) = try network()
    for index in 0..<5 { member.send(frame(60, tag: UInt8(index))) }
    #expect(trunk.receive(capacity: 2).map(\.bytes[0]) == [0, 1])
    #expect(trunk.hasMore)
    #expect(trunk.receive(capacity: 8, waiting: nil).map(\.bytes[0]) == [2, 3, 4])
  }

  @Test(arguments: [Int64(0), 1, 64, 255])
  func `datagrams leave with the configured TTL`(ttl: Int64) throws {
    let (trunk, member) = try network(["ttl": .integer(ttl)])
    trunk.send([frame(60)])
    #expect(member.receive()?.hops == Int32(ttl))
  }

  @Test func `the TTL changes while the port runs`() throws {
    let (trunk, member) = try network()
    let port = Int64(try SocketAddress(of: member.receiver.number).port)
    let values: [String: OptionValue] = [
      "group": .text(group), "port": .integer(port), "interface": .text("lo"), "ttl": .integer(9),
    ]
    #expect(try trunk.change(UMBEL_PREPARE_CONFIGURATION, values))
    trunk.send([frame(60)])
    #expect(member.receive()?.hops == 9)
    #expect(trunk.text.contains("ttl 9"))
  }

  @Test func `the port says where it is`() throws {
    let (trunk, member) = try network()
    let port = try SocketAddress(of: member.receiver.number).port
    #expect(trunk.state == UMBEL_STATE_UP)
    #expect(trunk.text == "\(group):\(port) ttl 1 on lo (127.0.0.1)")
    #expect(trunk.record.watchesInterfaces)
  }

  @Test func `runts, empty and too long frames never leave`() throws {
    let (trunk, member) = try network()
    for length in [0, 13, 9_217] { #expect(trunk.send([frame(length), frame(60)]) == -EMSGSIZE) }
    #expect(trunk.send([frame(60), frame(13), frame(60)]) == 1)
    #expect(member.receive()?.bytes == frame(60))
    #expect(member.receive() == nil)
    #expect(trunk.counters["send-emsgsize"] == 3)
  }

  @Test func `a port without its interface waits, and says so`() throws {
    let port = try trunk(nextPort.add(1, ordering: .relaxed).newValue, ["interface": .text("no-such-if")])
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text == "interface no-such-if does not exist")
    #expect(port.descriptors.isEmpty)
    #expect(port.send([frame(60)]) == -ENETDOWN)
    #expect(port.counters == ["send-enetdown": 1])
  }

  @Test func `a source that is no address of this host waits for it`() throws {
    let port = try trunk(nextPort.add(1, ordering: .relaxed).newValue, ["source": .text("203.0.113.77")])
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text == "source 203.0.113.77 is not an address of this host")
  }

  @Test func `a group that another program keeps for itself is waited for`() throws {
    let number = nextPort.add(1, ordering: .relaxed).newValue
    let index = unsafe if_nametoindex("lo")
    let taken = try MulticastSocket.receiver(try #require(IPAddress(group)), port: number, interface: index)
    try setSocketOption(taken.number, SOL_SOCKET, SO_REUSEADDR, 0)
    let port = try trunk(number)
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text.contains("another program has \(group):\(number) for itself"))
  }

  @Test func `nothing changes when nothing has changed`() throws {
    let (trunk, _) = try network()
    let states = trunk.record.states.count
    #expect(try !trunk.change(UMBEL_PREPARE_INTERFACES))
    #expect(try !trunk.change(UMBEL_PREPARE_RETRY))
    #expect(trunk.record.states.count == states)
  }
}

@Suite struct MulticastConfigurationTests {
  private func refusal(_ values: [String: OptionValue]) -> Refusal? {
    do {
      try unsafe DrivenPort.check(Transport.multicast, role: UMBEL_ROLE_TRUNK, values)
      return nil
    } catch {
      return error as? Refusal
    }
  }

  @Test(arguments: ["224.0.0.1", "239.192.168.1", "ff02::1", "ff15::42"])
  func `a multicast address is a group`(group: String) {
    #expect(refusal(["group": .text(group)]) == nil)
  }

  @Test(arguments: ["10.0.0.1", "240.0.0.1", "fe80::1"])
  func `another address is refused as a group`(group: String) {
    let refusal = refusal(["group": .text(group)])
    #expect(refusal?.code == EINVAL)
    #expect(refusal?.option == "group")
    #expect(refusal?.text.contains("not a multicast address") == true)
  }

  @Test func `a source of another family is refused`() {
    #expect(refusal(["group": .text("ff15::42"), "source": .text("10.0.0.1")])?.option == "source")
  }

  @Test func `a configuration that is refused on reload leaves the port as it was`() throws {
    let (trunk, _) = try network()
    #expect(throws: Refusal.self) {
      try trunk.change(UMBEL_PREPARE_CONFIGURATION, ["group": .text("10.0.0.1")])
    }
    #expect(trunk.state == UMBEL_STATE_UP)
    #expect(trunk.send([frame(60)]) == 1)
  }
}
