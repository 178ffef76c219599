import Agent
import CTransport
import Ethernet
import Hello
import LinuxIO
import Switching
import Testing
import TransportHost

/// Copies of frames, and the port that gets them.
struct MirrorTests {
  /// A LAN in which stations 1 to 3 are known at three guests, a monitor, and nothing in what has come out.
  private struct Site {
    let lan: StubPorts
    let guests: [StubPorts.Stub]
    let monitor: StubPorts.Stub

    init(takes: UInt32 = 0, monitorTakes: UInt32 = 0, largest: UInt32 = 0, settings: PortSettings = PortSettings())
      throws
    {
      lan = try StubPorts()
      guests = [try lan.add(takes: takes), try lan.add(takes: takes), try lan.add(takes: takes)]
      monitor = try lan.add(largestFrame: largest, mostPieces: 20, takes: monitorTakes, settings: settings)
      for (index, guest) in guests.enumerated() {
        lan.receive(MirrorTests.frame(to: 0xff, from: UInt8(index + 1)), from: guest)
      }
      forget()
    }

    func mirror(_ sources: [Int], copiesIn: Bool = true, copiesOut: Bool = true) {
      lan.mirror(
        sources.map {
          MirrorPath(source: guests[$0].number, target: monitor.number, copiesIn: copiesIn, copiesOut: copiesOut)
        }, targets: [monitor])
    }

    func forget() { for port in guests + [monitor] { port.forget() } }
  }

  private static func frame(to destination: UInt8, from source: UInt8, length: Int = 60, type: [UInt8] = [0x88, 0xb5])
    -> [UInt8]
  {
    let first: [UInt8] = destination == 0xff ? [UInt8](repeating: 0xff, count: 6) : [2, 0, 0, 0, 0, destination]
    let start = first + [2, 0, 0, 0, 0, source] + type
    return Array((start + [UInt8](repeating: source, count: max(0, length - 14))).prefix(length))
  }

  @Test(arguments: [(true, false), (false, true), (true, true)])
  func `a source's frames are copied as each direction asks, each once`(_ copiesIn: Bool, _ copiesOut: Bool) throws {
    let site = try Site()
    site.mirror([0], copiesIn: copiesIn, copiesOut: copiesOut)
    let out = (0..<70).map { Self.frame(to: 2, from: 1, length: 60 + $0) }
    let back = (0..<70).map { Self.frame(to: 1, from: 2, length: 200 + $0) }
    let others = (0..<70).map { _ in Self.frame(to: 3, from: 2) }
    for frames in [out, back, others] {
      site.lan.receive(frames.map { IncomingFrame($0) }, from: site.guests[frames == out ? 0 : 1])
    }
    #expect(site.monitor.frames == (copiesIn ? out : []) + (copiesOut ? back : []))
    #expect(site.guests[0].frames == back && site.guests[1].frames == out && site.guests[2].frames == others)
  }

  @Test func `a frame between two sources is copied on its way in and on its way out`() throws {
    let site = try Site()
    site.mirror([0, 1])
    let frame = Self.frame(to: 2, from: 1)
    site.lan.receive(frame, from: site.guests[0])
    #expect(site.monitor.frames == [frame, frame])
  }

  @Test func `what goes to all is copied once for each source that it leaves by`() throws {
    let site = try Site()
    site.mirror([1, 2], copiesIn: false)
    site.lan.receive(Self.frame(to: 0xff, from: 1), from: site.guests[0])
    #expect(site.monitor.frames.count == 2)
    site.mirror([0], copiesOut: false)
    site.lan.receive(Self.frame(to: 0xff, from: 1), from: site.guests[0])
    #expect(site.monitor.frames.count == 3)
  }

  @Test func `what the switch drops has been copied, and a runt has not`() throws {
    let site = try Site()
    site.mirror([0])
    let pause = Self.frame(to: 2, from: 1, type: [0x88, 0x08])
    site.lan.receive(pause, from: site.guests[0])
    site.lan.receive(Self.frame(to: 2, from: 1, length: 13), from: site.guests[0])
    site.lan.receive(Self.frame(to: 2, from: 1, length: 17, type: [0x81, 0]), from: site.guests[0])
    #expect(site.monitor.frames == [pause])
    #expect(site.guests[0].drops == [.pauseFrame: 1, .runt: 2])
  }

  @Test func `the target takes nothing in, and gets nothing but copies`() throws {
    let site = try Site()
    // It has been a station of the LAN before.
    site.lan.receive(Self.frame(to: 0xff, from: 9), from: site.monitor)
    site.forget()
    site.mirror([])
    site.lan.receive(Self.frame(to: 1, from: 9), from: site.monitor)
    site.lan.receive(Self.frame(to: 0xff, from: 9), from: site.monitor)
    #expect(site.monitor.drops == [.mirrorPort: 2] && site.monitor.received == 3)
    #expect(site.guests.allSatisfy { $0.sent.isEmpty })
    // Its station is nowhere, and what goes to all does not go there.
    site.lan.receive(Self.frame(to: 9, from: 1), from: site.guests[0])
    site.lan.receive(Self.frame(to: 0xff, from: 1), from: site.guests[0])
    #expect(site.monitor.frames.isEmpty && site.guests[1].sent.count == 2)
  }

  @Test
  func `a probe that comes back by the target is told of, and what comes in by a port that is shut is not copied`()
    throws
  {
    let site = try Site()
    site.mirror([0])
    let probe = AgentFrame(
      sender: AgentFrame.Sender(agent: AgentID(high: 1, low: 2), lan: 3, port: 4), sequence: 5,
      content: .loopProbe(token: 6, port: "p")
    ).bytes
    site.lan.receive(probe, from: site.monitor)
    #expect(site.lan.hellos().map(\.port) == [site.monitor.number])
    #expect(site.monitor.drops == [.hello: 1])
    site.lan.shut(site.guests[0], true)
    site.lan.receive(Self.frame(to: 2, from: 1), from: site.guests[0])
    #expect(site.monitor.frames.isEmpty && site.guests[1].frames.isEmpty)
    site.lan.shut(site.guests[0], false)
    site.lan.receive(Self.frame(to: 2, from: 1), from: site.guests[0])
    #expect(site.monitor.frames.count == 1)
  }

  @Test func `a port that is no target any more is one as before`() throws {
    let site = try Site()
    site.mirror([0])
    site.lan.mirror([])
    let frame = Self.frame(to: 0xff, from: 1)
    site.lan.receive(frame, from: site.guests[0])
    site.lan.receive(Self.frame(to: 1, from: 9), from: site.monitor)
    #expect(site.monitor.frames == [frame] && site.guests[0].sent.count == 1 && site.monitor.drops == [:])
  }

  @Test func `a target that is no source even where a path says so gets no copies of copies`() throws {
    let site = try Site()
    let second = try site.lan.add()
    site.lan.mirror([
      MirrorPath(source: site.guests[0].number, target: site.monitor.number),
      MirrorPath(source: site.monitor.number, target: second.number),
      MirrorPath(source: second.number, target: site.monitor.number),
    ])
    site.lan.receive(Self.frame(to: 2, from: 1), from: site.guests[0])
    #expect(site.monitor.frames.count == 1 && second.frames.isEmpty)
  }

  @Test func `two mirrors of one source copy to both targets`() throws {
    let site = try Site()
    let second = try site.lan.add()
    let source = site.guests[0].number
    site.lan.mirror([
      MirrorPath(source: source, target: site.monitor.number, copiesOut: false),
      MirrorPath(source: source, target: second.number, copiesIn: false),
      // Once more: it is the same copy.
      MirrorPath(source: source, target: second.number, copiesIn: false),
    ])
    site.lan.receive(Self.frame(to: 2, from: 1), from: site.guests[0])
    site.lan.receive(Self.frame(to: 1, from: 2), from: site.guests[1])
    #expect(site.monitor.frames == [Self.frame(to: 2, from: 1)] && second.frames == [Self.frame(to: 1, from: 2)])
  }

  @Test func `ports that end are forgotten`() throws {
    let site = try Site()
    let other = try site.lan.add()
    site.lan.mirror([
      MirrorPath(source: site.guests[0].number, target: other.number),
      MirrorPath(source: site.guests[1].number, target: other.number),
    ])
    site.lan.remove(other)
    site.lan.receive(Self.frame(to: 2, from: 1), from: site.guests[0])
    #expect(other.frames.isEmpty && other.drops == [:] && site.guests[1].sent.count == 1)
  }

  @Test func `a target that takes nothing drops its copies and nobody else's frames`() throws {
    let site = try Site()
    site.mirror([0])
    site.monitor.isBusy = true
    let frames = (0..<300).map { _ in IncomingFrame(Self.frame(to: 2, from: 1, length: 1_514)) }
    site.lan.receive(frames, from: site.guests[0])
    #expect(site.guests[1].sent.count == 300 && site.guests[0].drops == [:] && site.guests[1].drops == [:])
    #expect(site.monitor.drops[.queueFull, default: 0] > 200)
    site.monitor.setDown()
    site.lan.receive(Self.frame(to: 2, from: 1), from: site.guests[0])
    #expect(site.monitor.drops[.portDown] == 1 && site.guests[1].sent.count == 301)
  }

  @Test
  func `super-frames are cut for a target that does not take them, and segments are not merged for one that does`()
    throws
  {
    var frame = SuperFrame()
    frame.payload = [UInt8](repeating: 7, count: 4_000)
    let all = UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4
    let plain = try Site(takes: all)
    plain.mirror([0], copiesOut: false)
    let offload = umbel_offload(
      flags: UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM), gso_type: UInt8(UMBEL_GSO_TCPV4),
      header_length: UInt16(frame.headerLength), gso_size: 1_000, checksum_start: UInt16(frame.transport),
      checksum_offset: 16, zero: 0)
    plain.lan.receive(frame.partial, offload, from: plain.guests[0])
    #expect(plain.monitor.frames == frame.segments(of: 1_000))
    #expect(plain.guests[1].sent == [frame.headerLength + 4_000])

    var settings = PortSettings()
    settings.coalesce = true
    let able = try Site(monitorTakes: all, settings: settings)
    able.mirror([0], copiesOut: false)
    let segments = frame.segments(of: 1_000)
    able.lan.receive(segments.map { IncomingFrame($0) }, from: able.guests[0])
    #expect(able.monitor.frames == segments)
  }

  @Test func `a copy that is too long is counted at the target, and its sender is not told`() throws {
    let site = try Site(largest: 1_000)
    site.mirror([0])
    site.lan.receive(Self.frame(to: 2, from: 1, length: 1_514), from: site.guests[0])
    #expect(site.monitor.drops == [.tooLargeForPort: 1] && site.guests[0].sent.isEmpty)
    #expect(site.guests[1].sent == [1_514])
  }

  @Test func `a trunk's datagram that a guest brings in is not copied`() throws {
    let site = try Site()
    site.mirror([0])
    let flow = UnderlayFlow(address: [239, 192, 168, 1], port: 1_102)
    let underlay = UnderlayMemory([(trunk: 9, flow: flow)])
    site.lan.watch(underlay)
    var datagram: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0]
    datagram += [0x45, 0, 0, 60, 0, 9, 0, 0, 1, 17, 0, 0, 10, 0, 0, 1, 239, 192, 168, 1]
    datagram += [0xc0, 0, 4, 78, 0, 40, 0, 0] + [UInt8](repeating: 9, count: 32)
    site.lan.receive(datagram, from: site.guests[0])
    #expect(site.guests[0].drops == [.ownUnderlay: 1] && site.monitor.frames.isEmpty)
    site.lan.receive(Self.frame(to: 2, from: 1), from: site.guests[0])
    #expect(site.monitor.frames.count == 1)
  }
}
