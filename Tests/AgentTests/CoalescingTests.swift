import Agent
import CTransport
import Switching
import Testing

private let takesAll = UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4 | UMBEL_TAKES_TCPV6 | UMBEL_TAKES_UDP_L4

private func payload(_ count: Int, _ seed: Int = 0) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8 &+ seed &* 31) }
}

/// Segments on their way to ports that take super-frames.
struct CoalescingTests {
  /// A LAN with a trunk and a port that takes all.
  private struct Site {
    let lan: StubPorts
    let trunk: StubPorts.Stub
    let port: StubPorts.Stub

    init(mostPieces: UInt32 = 127, takes: UInt32 = takesAll, settings: PortSettings = PortSettings()) throws {
      lan = try StubPorts()
      trunk = try lan.add(role: .trunk)
      port = try lan.add(mostPieces: mostPieces, takes: takes, settings: settings)
    }

    func receive(_ frames: [[UInt8]]) { lan.receive(frames.map { IncomingFrame($0) }, from: trunk) }

    /// What the port's frames stand for.
    var segments: [[UInt8]] { zip(port.frames, port.offloads).flatMap { cut($0, $1) } }
  }

  private static func stream(_ count: Int, of size: Int, _ flow: SegmentFlow = SegmentFlow()) -> [[UInt8]] {
    var flow = flow
    return (0..<count).map { flow.next(payload(size, $0)) }
  }

  @Test(arguments: [(true, true), (false, true), (true, false), (false, false)])
  func `the segments of a flow become one frame`(isIPv4: Bool, isTCP: Bool) throws {
    let site = try Site()
    let flow = SegmentFlow(isIPv4: isIPv4, isTCP: isTCP, tags: [5], options: isTCP ? [1, 1, 8, 10] + payload(8) : [])
    let frames = Self.stream(30, of: 1_401, flow)
    site.receive(frames)
    #expect(site.port.sent.count == 1 && site.port.coalesced == [1, 30])
    #expect(site.segments == frames)
    let offload = try #require(site.port.offloads.first)
    let network = isIPv4 ? 20 : 40
    #expect(offload.flags == UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM) && offload.gso_size == 1_401)
    #expect(
      UInt32(offload.gso_type) == (isTCP ? (isIPv4 ? UMBEL_GSO_TCPV4 : UMBEL_GSO_TCPV6) : UMBEL_GSO_UDP_L4))
    #expect(Int(offload.checksum_start) == 18 + network && offload.checksum_offset == (isTCP ? 16 : 6))
    #expect(Int(offload.header_length) == 18 + network + (isTCP ? 32 : 8))
    // What the header of IPv4 says of the whole.
    let frame = site.port.frames[0]
    #expect(!isIPv4 || SegmentFlow.sum(Array(frame[18..<38])) == 0xffff)
  }

  @Test func `an identification that stays is no obstacle where nothing is fragmented`() throws {
    let site = try Site()
    let flow = SegmentFlow(isTCP: false, identification: 0, identificationStep: 0)
    site.receive(Self.stream(10, of: 100, flow))
    #expect(site.port.coalesced == [1, 10])
    #expect(site.segments.map { $0[18...19] } == (0..<10).map { [0, $0] })

    var fragile = flow
    fragile.dontFragment = 0
    let frames = Self.stream(3, of: 100, fragile)
    site.receive(frames)
    #expect(site.port.coalesced == [1, 10] && Array(site.port.frames.suffix(3)) == frames)
  }

  @Test func `an identification counts up or stays in a run, not both`() throws {
    let site = try Site()
    var flow = SegmentFlow()
    var frames = [flow.next(payload(100)), flow.next(payload(100))]
    flow.identification -= 2
    frames.append(flow.next(payload(100)))
    site.receive(frames)
    #expect(site.port.sent.count == 2 && site.port.coalesced == [1, 2])

    flow.identificationStep = 0
    frames = [flow.next(payload(100)), flow.next(payload(100))]
    flow.identification += 2
    frames.append(flow.next(payload(100)))
    site.receive(frames)
    #expect(site.port.sent.count == 4 && site.port.coalesced == [2, 4])
  }

  @Test func `a frame alone goes as it came`() throws {
    let site = try Site()
    let frames = Self.stream(1, of: 1_448)
    site.receive(frames)
    #expect(site.port.frames == frames && site.port.offloads[0].flags == 0 && site.port.coalesced == [0, 0])
  }

  @Test func `nothing waits for the next batch`() throws {
    let site = try Site()
    let frames = Self.stream(4, of: 1_000)
    site.receive(Array(frames[..<2]))
    #expect(site.port.coalesced == [1, 2])
    site.receive(Array(frames[2...]))
    #expect(site.port.coalesced == [2, 4] && site.segments == frames)
  }

  @Test func `the longest packet is not exceeded`() throws {
    let site = try Site()
    let frames = Self.stream(100, of: 1_448)
    site.receive(frames)
    #expect(site.port.sent == [45 * 1_448 + 54, 45 * 1_448 + 54, 10 * 1_448 + 54])
    #expect(site.segments == frames)
  }

  @Test func `a datagram run has 64 at most`() throws {
    let site = try Site()
    let frames = Self.stream(100, of: 20, SegmentFlow(isTCP: false))
    site.receive(frames)
    #expect(site.port.sent == [64 * 20 + 42, 36 * 20 + 42] && site.segments == frames)
  }

  @Test func `no more pieces are made than the port takes`() throws {
    let site = try Site(mostPieces: 5)
    let frames = Self.stream(10, of: 500)
    site.receive(frames)
    #expect(site.port.coalesced == [3, 10] && site.segments == frames)
  }

  @Test func `flows that alternate have a run each`() throws {
    let site = try Site()
    var flows = (1...8).map { SegmentFlow(isTCP: $0 != 3, number: $0) }
    let frames = (0..<6).flatMap { turn in flows.indices.map { flows[$0].next(payload(300, turn)) } }
    site.receive(frames)
    #expect(site.port.coalesced == [8, 48])
    for key in Set(frames.map(flowKey)) {
      #expect(site.segments.filter { flowKey($0) == key } == frames.filter { flowKey($0) == key })
    }
  }

  @Test func `a shorter segment and one that pushes are the last of their run`() throws {
    let site = try Site()
    var flow = SegmentFlow()
    var frames = [flow.next(payload(900)), flow.next(payload(900)), flow.next(payload(50))]
    frames += [flow.next(payload(50)), flow.next(payload(50))]
    flow.flags = 0x18
    frames += [flow.next(payload(50)), flow.next(payload(50)), flow.next(payload(50))]
    site.receive(frames)
    #expect(site.port.sent == [1_904, 204, 104, 104] && site.port.coalesced == [2, 6])
    #expect(site.segments == frames)
  }

  /// What keeps the second of two frames out of the run of the first.
  private static let differences: [@Sendable (inout SegmentFlow) -> Void] = [
    { $0.trafficClass = 4 }, { $0.hopLimit = 63 }, { $0.identification = 0 }, { $0.dontFragment = 0 },
    { $0.dontFragment = 0x2000 }, { $0.dontFragment = 0xc000 }, { $0.sequence += 1 }, { $0.sequence -= 1 },
    { $0.acknowledgement += 1 }, { $0.window += 1 }, { $0.flags = 0x11 }, { $0.flags = 0x12 }, { $0.flags = 0x14 },
    { $0.flags = 0x30 }, { $0.flags = 0x50 }, { $0.flags = 0x90 }, { $0.flags = 0 }, { $0.reserved = 1 },
    { $0.networkOptions = [1, 1, 1, 1, 1, 1, 1, 1] }, { $0.options = [1, 1, 1, 1] }, { $0.networkError = 1 },
    { $0.transportError = 1 }, { $0.padding = 1 }, { $0.tags = [1] },
  ]

  @Test(arguments: 0..<24) func `a frame that differs stays itself, in its place`(kind: Int) throws {
    let site = try Site()
    var flow = SegmentFlow()
    var frames = [flow.next(payload(100))]
    var other = flow
    Self.differences[kind](&other)
    frames.append(other.frame(payload(100)))
    frames += [flow.next(payload(100)), flow.next(payload(100))]
    site.receive(frames)
    #expect(site.segments.filter { $0 != frames[1] } == frames.filter { $0 != frames[1] })
    #expect(site.port.frames.contains(frames[1]))
    // The tag makes it a flow of its own, all others end the run.
    if kind != 23 { #expect(site.port.frames[0] == frames[0] && site.segments == frames) }
  }

  @Test(arguments: [0, 1, 2]) func `a wrong checksum arrives as wrong as it was`(place: Int) throws {
    for isTCP in [true, false] {
      let site = try Site()
      var flow = SegmentFlow(isTCP: isTCP)
      let frames = (0..<3).map { index in
        flow.transportError = index == place ? 0x0100 : 0
        return flow.next(payload(700, index))
      }
      site.receive(frames)
      #expect(site.segments == frames && site.port.frames.contains(frames[place]))
    }
  }

  @Test func `a datagram without a checksum is left alone`() throws {
    let site = try Site()
    let frames = Self.stream(3, of: 100, SegmentFlow(isTCP: false)).map { frame in
      var frame = frame
      frame[40...41] = [0, 0]
      return frame
    }
    site.receive(frames)
    #expect(site.port.frames == frames && site.port.coalesced == [0, 0])
  }

  @Test func `segments in several pieces are merged, whatever the cuts`() throws {
    let site = try Site()
    let frames = Self.stream(6, of: 4_001)
    let cuts = [[], [64], [2_048], [54 + 11, 54 + 11 + 12], [100, 1_000, 4_054], [54 + 2_001, 3_000]]
    site.lan.receive(zip(frames, cuts).map { IncomingFrame($0, cuts: $1) }, from: site.trunk)
    #expect(site.segments == frames && site.port.coalesced[0] >= 1)
  }

  @Test func `only what the port takes is made`() throws {
    let kinds: [(UInt32, Bool, Bool)] = [
      (UMBEL_TAKES_TCPV4, true, true), (UMBEL_TAKES_TCPV6, false, true), (UMBEL_TAKES_UDP_L4, true, false),
    ]
    for (takes, _, _) in kinds {
      let site = try Site(takes: UMBEL_TAKES_CHECKSUM | takes)
      for (wanted, isIPv4, isTCP) in kinds {
        let frames = Self.stream(3, of: 400, SegmentFlow(isIPv4: isIPv4, isTCP: isTCP))
        let before = site.port.sent.count
        site.receive(frames)
        #expect(site.port.sent.count - before == (wanted == takes ? 1 : 3))
      }
    }
    let noChecksum = try Site(takes: UMBEL_TAKES_TCPV4)
    noChecksum.receive(Self.stream(3, of: 400))
    #expect(noChecksum.port.coalesced == [0, 0])
    let onePiece = try Site(mostPieces: 1)
    onePiece.receive(Self.stream(3, of: 400))
    #expect(onePiece.port.coalesced == [0, 0])
  }

  @Test func `the option holds from the next frame on`() throws {
    var off = PortSettings()
    off.coalesce = false
    let site = try Site(settings: off)
    let frames = Self.stream(3, of: 400)
    site.receive(frames)
    #expect(site.port.frames == frames)
    site.lan.set(PortSettings(), of: site.port)
    site.receive(frames)
    #expect(site.port.coalesced == [1, 3])
    site.lan.set(off, of: site.port)
    site.receive(frames)
    #expect(site.port.coalesced == [1, 3])
  }

  @Test func `a super-frame waits in the queue whole`() throws {
    let site = try Site()
    site.port.isBusy = true
    let frames = Self.stream(20, of: 1_000)
    site.receive(frames)
    #expect(site.port.frames == [])
    site.port.isBusy = false
    // The next frame takes the queue along, once a millisecond has passed.
    for _ in 0..<1_000 where site.port.frames.isEmpty { site.lan.step() }
    #expect(site.port.sent == [20 * 1_000 + 54] && site.segments == frames)
  }

  @Test func `a port that goes down in the middle of a batch has dropped what it has not sent`() throws {
    let lan = try StubPorts()
    let trunk = try lan.add(role: .trunk)
    let others = try (0..<2).map { _ in try lan.add() }
    let port = try lan.add(mostPieces: 127, takes: takesAll)
    others[0].onSend = { port.setDown() }
    lan.receive(Self.stream(200, of: 100).map { IncomingFrame($0) }, from: trunk)
    #expect(port.sent == [] && others.allSatisfy { $0.sent.count == 200 })
    // One super-frame, full before the others' batches were, and the rest one by one.
    let (frames, segments) = (port.coalesced[0], port.coalesced[1])
    #expect(frames == 1 && segments == 126)
    #expect(port.drops == [.portDown: 200 - segments + frames])
  }

  @Test func `a SYN is clamped and a stream merged at one port`() throws {
    let lan = try StubPorts()
    let guest = try lan.add()
    let trunk = try lan.add(role: .trunk, mostPieces: 127, takes: takesAll, wholeFrame: 1_450)
    var syn = SegmentFlow(flags: 0x02, options: [2, 4, 5, 0xb4])
    let frames = [syn.next([])] + Self.stream(3, of: 1_000)
    lan.receive(frames.map { IncomingFrame($0) }, from: guest)
    #expect(trunk.clamped == 1 && trunk.coalesced == [1, 3])
  }

  @Test func `many more frames than a batch holds arrive in order`() throws {
    let site = try Site()
    let plain = try site.lan.add()
    let frames = Self.stream(1_000, of: 200)
    site.receive(frames)
    #expect(plain.frames == frames && site.segments == frames)
    #expect(site.port.sent.count <= 1_000 / 126 + 4)
  }
}
