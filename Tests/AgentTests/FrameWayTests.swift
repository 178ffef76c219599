import Agent
import CTransport
import Switching
import Testing

/// A frame like the one before it in a batch goes the same way without the switch being asked. Whatever a batch holds, the
/// outcome must be that of the same frames one at a time.
struct FrameWayTests {
  /// A LAN with a trunk, on which frames come in, two guests and another trunk.
  private struct Site {
    let lan: StubPorts
    let trunk: StubPorts.Stub
    let others: [StubPorts.Stub]

    /// Guests 0x10 and 0x11 are known; of address 0x10 there is one in VLAN 5 behind the first port, and one in VLAN 6
    /// behind the second.
    init() throws {
      lan = try StubPorts()
      trunk = try lan.add(role: .trunk)
      others = [try lan.add(), try lan.add(), try lan.add(role: .trunk)]
      for (index, guest) in others[..<2].enumerated() {
        lan.receive(FrameWayTests.frame(to: 0xff, from: 0x10 + UInt8(index)), from: guest)
        lan.receive(FrameWayTests.frame(to: 0xff, from: 0x10, type: [0x81, 0, 0, 5 + UInt8(index)]), from: guest)
      }
      for port in [trunk] + others { port.forget() }
    }

    /// What has come out where, to whom, and all counters.
    var outcome: [[[UInt8]]] { ([trunk] + others).map(\.frames) }
    var remotes: [[UInt32]] { ([trunk] + others).map { $0.remotes.map(\.index) } }
    var counters: [[UInt64]] { ([trunk] + others).map { lan.counters(of: $0) } }
  }

  private static func frame(
    to destination: UInt8, from source: UInt8, type: [UInt8] = [0x88, 0xb5], length: Int = 60
  ) -> [UInt8] {
    let destination: [UInt8] = destination == 0xff ? [UInt8](repeating: 0xff, count: 6) : [2, 0, 0, 0, 0, destination]
    let start = destination + [2, 0, 0, 0, 0, source] + type
    return Array((start + (0..<max(0, length)).map { UInt8(truncatingIfNeeded: $0) }).prefix(max(length, 1)))
  }

  private static func same(_ frames: [(bytes: [UInt8], remote: UInt32)]) throws {
    let together = try Site()
    let apart = try Site()
    let incoming = frames.map { IncomingFrame($0.bytes, remote: umbel_remote(index: $0.remote, generation: 0)) }
    together.lan.receive(incoming, from: together.trunk)
    for frame in incoming { apart.lan.receive([frame], from: apart.trunk) }
    // And what has been learned: whom an answer goes to.
    for site in [together, apart] {
      for station in [UInt8(0x20), 0x21] { site.lan.receive(frame(to: station, from: 0x10), from: site.others[0]) }
    }
    #expect(together.outcome == apart.outcome)
    #expect(together.remotes == apart.remotes)
    #expect(together.counters == apart.counters)
  }

  @Test func `frames of one flow all arrive and are counted`() throws {
    let site = try Site()
    let frames = (0..<50).map { Self.frame(to: 0x10, from: 0x20, length: 60 + $0) }
    site.lan.receive(frames.map { IncomingFrame($0) }, from: site.trunk)
    #expect(site.others[0].frames == frames && site.others[1].frames.isEmpty)
    #expect(site.trunk.received == 50)
  }

  @Test func `what differs goes its own way`() throws {
    let plain = Self.frame(to: 0x10, from: 0x20)
    let others: [[UInt8]] = [
      Self.frame(to: 0x11, from: 0x20), Self.frame(to: 0x10, from: 0x21), Self.frame(to: 0xff, from: 0x20),
      Self.frame(to: 0x12, from: 0x20), Self.frame(to: 0x20, from: 0x10), Self.frame(to: 0x10, from: 0xff),
      // Flow control, VLAN tags, a runt, and one that is too long.
      Self.frame(to: 0x10, from: 0x20, type: [0x88, 0x08]), Self.frame(to: 0x10, from: 0x20, type: [0x81, 0, 0, 5]),
      Self.frame(to: 0x10, from: 0x20, type: [0x81, 0, 0, 6]), Self.frame(to: 0x10, from: 0x20, length: 13),
      Self.frame(to: 0x10, from: 0x20, length: 9_300),
    ]
    for other in others {
      try Self.same([plain, other, plain, plain, other, other, plain].map { ($0, 7) })
    }
    // The station is behind another remote now.
    try Self.same([(plain, 7), (plain, 7), (plain, 8)])
    let tagged = [UInt8(5), 6].map { Self.frame(to: 0x10, from: 0x20, type: [0x81, 0, 0, $0]) }
    try Self.same([tagged[0], tagged[0], tagged[1], tagged[1], tagged[0]].map { ($0, 7) })
  }

  @Test func `any mixture of frames goes where it would go one by one`() throws {
    var random = SystemRandomNumberGenerator()
    let types: [[UInt8]] = [
      [0x88, 0xb5], [8, 0], [0x88, 0x08], [0x81, 0, 0, 5], [0x81, 0, 0x20, 6], [0x88, 0xa8, 0, 5],
    ]
    let stations: [UInt8] = [0x10, 0x11, 0x20, 0x21, 0xff]
    for _ in 0..<100 {
      var frames: [(bytes: [UInt8], remote: UInt32)] = []
      while frames.count < 60 {
        let frame = Self.frame(
          to: stations.randomElement(using: &random)!, from: stations.randomElement(using: &random)!,
          type: Int.random(in: 0..<3, using: &random) == 0 ? types.randomElement(using: &random)! : types[0],
          length: Int.random(in: 0..<8, using: &random) == 0 ? Int.random(in: 1...9_300, using: &random) : 64)
        let remote = UInt32.random(in: 1...2, using: &random)
        for _ in 0..<Int.random(in: 1...4, using: &random) { frames.append((frame, remote)) }
      }
      try Self.same(frames)
    }
  }
}
