import CTransport
import Glibc
import Synchronization
import Testing

@testable import LinuxIO
@testable import MulticastTransport

// Two ports of one group on the loopback interface, where a run that is sent as one arrives as one, and a native guest:
//
//     DrivenPort (sender) ──┬── lo, 239.255.77.4:port ──┬── DrivenPort (receiver)
//                           └───────────────────────────┴── Member, which knows no UDP_GRO

private let group = "239.255.77.4"
private let nextPort = Atomic<UInt16>(23_000)

private struct Pair {
  let sender: DrivenPort
  let receiver: DrivenPort
  let member: Member

  init(sender more: [String: OptionValue] = [:], receiver other: [String: OptionValue] = [:]) throws {
    let port = nextPort.add(1, ordering: .relaxed).newValue
    let values: [String: OptionValue] = [
      "group": .text(group), "port": .integer(Int64(port)), "interface": .text("lo"),
    ]
    func open(_ more: [String: OptionValue]) throws -> DrivenPort {
      try unsafe DrivenPort(Transport.multicast, role: UMBEL_ROLE_TRUNK, values.merging(more) { _, given in given })
    }
    sender = try open(more)
    receiver = try open(other)
    member = try Member(group, port)
  }

  /// All frames that the receiver has got, in batches of at most `capacity`.
  func received(capacity: Int = 64) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    repeat {
      let batch = receiver.receive(capacity: capacity, waiting: receiver.hasMore ? nil : 300)
      #expect(batch.allSatisfy { $0.isPlain && $0.port == DrivenPort.number })
      if batch.isEmpty { break }
      frames += batch.map(\.bytes)
    } while true
    return frames
  }
}

private func run(_ count: Int, length: Int) -> [[UInt8]] { (0..<count).map { frame(length, tag: UInt8($0)) } }

@Suite struct MulticastBatchTests {
  @Test func `frames of equal length leave as one run and arrive as one message`() throws {
    let pair = try Pair()
    let sent = run(40, length: 1_000)
    #expect(pair.sender.send(sent) == 40)
    #expect(pair.received() == sent)
    #expect(pair.sender.counters["gso-runs"] == 1)
    #expect(pair.sender.counters["gso-frames"] == 40)
    #expect(pair.receiver.counters == ["gro-messages": 1, "gro-frames": 40])
  }

  @Test func `more frames than a call takes are left, and what it takes leaves in full runs`() throws {
    let pair = try Pair()
    let sent = run(130, length: 500)
    #expect(pair.sender.send(sent) == 128)
    #expect(pair.received() == Array(sent[..<128]))
    #expect(pair.sender.counters["gso-runs"] == 2)
    #expect(pair.sender.counters["gso-frames"] == 128)
  }

  @Test func `a native guest gets each frame of a run as a datagram of its own`() throws {
    let pair = try Pair()
    let sent = run(10, length: 1_514)
    #expect(pair.sender.send(sent) == 10)
    for frame in sent { #expect(pair.member.receive()?.bytes == frame) }
    #expect(pair.member.receive() == nil)
  }

  @Test func `a message of many frames is handed over in as many batches as it takes`() throws {
    let pair = try Pair()
    let sent = run(40, length: 200)
    #expect(pair.sender.send(sent) == 40)
    #expect(pair.receiver.receive(capacity: 7).map(\.bytes) == Array(sent[..<7]))
    #expect(pair.receiver.hasMore)
    #expect(pair.receiver.receive(capacity: 64, waiting: nil).map(\.bytes) == Array(sent[7...]))
    #expect(!pair.receiver.hasMore)
  }

  @Test func `frames of all lengths arrive in order and byte for byte`() throws {
    let pair = try Pair()
    let lengths = [60, 60, 14, 1_514, 1_514, 1_514, 300, 9_216, 9_216, 15, 14, 14, 64, 63, 65, 2_000]
    let sent = lengths.enumerated().map { frame($1, tag: UInt8($0)) }
    #expect(pair.sender.send(sent, pieceLength: 1_200) == Int32(sent.count))
    #expect(pair.received(capacity: 5) == sent)
  }

  @Test func `the own echo of a run is dropped whole`() throws {
    let pair = try Pair()
    #expect(pair.sender.send(run(30, length: 500)) == 30)
    #expect(pair.sender.receive().isEmpty)
    #expect(pair.sender.counters["own-echo"] == 30)
  }

  @Test func `without gso every frame is a message, and without gro it arrives as one`() throws {
    let plain = try Pair(sender: ["gso": .integer(0)])
    let sent = run(20, length: 400)
    #expect(plain.sender.send(sent) == 20)
    #expect(plain.received() == sent)
    #expect(plain.sender.counters.isEmpty && plain.receiver.counters.isEmpty)

    let apart = try Pair(receiver: ["gro": .integer(0)])
    #expect(apart.sender.send(sent) == 20)
    #expect(apart.received() == sent)
    #expect(apart.sender.counters["gso-frames"] == 20)
    #expect(apart.receiver.counters.isEmpty)
  }

  @Test func `both are switched while the port runs`() throws {
    let pair = try Pair()
    let port = Int64(try SocketAddress(of: pair.member.receiver.number).port)
    for either in [pair.sender, pair.receiver] {
      #expect(
        try either.change(
          UMBEL_PREPARE_CONFIGURATION,
          [
            "group": .text(group), "port": .integer(port), "interface": .text("lo"), "gso": .integer(0),
            "gro": .integer(0),
          ]))
    }
    let sent = run(20, length: 400)
    #expect(pair.sender.send(sent) == 20)
    #expect(pair.received() == sent)
    #expect(pair.sender.counters.isEmpty && pair.receiver.counters.isEmpty)
  }

  @Test func `a frame that is to stay whole is sent by itself, in its place`() throws {
    let pair = try Pair()
    let sent = run(3, length: 700)
    #expect(pair.sender.send(sent, flags: UMBEL_FRAME_WHOLE) == 1)
    #expect(pair.sender.counters["gso-runs"] == nil)
    #expect(pair.received() == [sent[0]])
  }
}
