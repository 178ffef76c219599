import CTransport
import Recording
import Switching
import Testing

/// What a forwarder records of the frames that it carries.
struct CaptureForwardingTests {
  private static let one: [UInt8] = [2, 0, 0, 0, 0, 1]
  private static let other: [UInt8] = [2, 0, 0, 0, 0, 2]
  private static let everyone = [UInt8](repeating: 0xff, count: 6)

  private static func frame(to: [UInt8], from: [UInt8], length: Int = 60) -> [UInt8] {
    to + from + [0x88, 0xb5] + [UInt8](repeating: 7, count: length - 14)
  }

  /// All that is in a ring, in order.
  private static func records(_ memory: RingMemory) -> [CaptureRecord] {
    var reader = RingReader(memory)
    var records: [CaptureRecord] = []
    var bytes: [UInt8] = []
    while var record = reader.next(into: &bytes) {
      record.time = 0
      records.append(record)
    }
    return records
  }

  private static func arriving(
    _ port: StubPorts.Stub, _ outcome: CaptureRecord.Outcome, peer: StubPorts.Stub? = nil, length: Int = 60
  ) -> CaptureRecord {
    CaptureRecord(
      time: 0, port: port.number, peer: peer?.number ?? 0, direction: .arriving, outcome: outcome, length: length)
  }

  private static func leaving(
    _ port: StubPorts.Stub, _ outcome: CaptureRecord.Outcome = .passed, length: Int = 60
  ) -> CaptureRecord {
    CaptureRecord(time: 0, port: port.number, direction: .leaving, outcome: outcome, length: length)
  }

  private static func dropped(_ reason: DropReason) -> CaptureRecord.Outcome { .dropped(reason.rawValue) }

  @Test func `the flight recorder has each frame once, and where it went`() throws {
    let lan = try StubPorts()
    let (first, second) = (try lan.add(), try lan.add())
    let ring = try lan.record()
    lan.receive(Self.frame(to: Self.everyone, from: Self.one), from: first)
    let back = Self.frame(to: Self.one, from: Self.other)
    // The second of them goes the way of the first.
    lan.receive([IncomingFrame(back), IncomingFrame(back)], from: second)
    lan.receive(Self.frame(to: Self.one, from: Self.one), from: first)
    #expect(
      Self.records(ring) == [
        Self.arriving(first, .flooded), Self.arriving(second, .passed, peer: first),
        Self.arriving(second, .passed, peer: first), Self.arriving(first, Self.dropped(.sameSegment)),
      ])
  }

  @Test func `a client gets what comes in and what goes out`() throws {
    let lan = try StubPorts()
    let (first, second) = (try lan.add(), try lan.add())
    let ring = try lan.record(capturing: [])
    lan.receive(Self.frame(to: Self.everyone, from: Self.one), from: first)
    #expect(Self.records(ring) == [Self.arriving(first, .flooded), Self.leaving(second)])
  }

  @Test func `a client gets the frames of the ports that it wants, and of its filter`() throws {
    let lan = try StubPorts()
    let (first, second) = (try lan.add(), try lan.add())
    let ring = try lan.record(capturing: [second.number])
    lan.receive(Self.frame(to: Self.everyone, from: Self.one), from: first)
    #expect(Self.records(ring) == [Self.leaving(second)])
    var filter = CaptureFilter()
    filter.etherType = 0x0800
    let other = try lan.record(capturing: [], filter)
    lan.receive(Self.frame(to: Self.everyone, from: Self.one), from: first)
    #expect(Self.records(other).isEmpty)
  }

  @Test func `a frame whose pieces are wrong is recorded without its bytes`() throws {
    let lan = try StubPorts()
    let first = try lan.add()
    let ring = try lan.record()
    lan.receive(Self.frame(to: Self.everyone, from: Self.one, length: 200), cuts: [20], from: first)
    #expect(Self.records(ring) == [Self.arriving(first, Self.dropped(.malformed), length: 200)])
    var reader = RingReader(ring)
    var bytes: [UInt8] = [1]
    _ = reader.next(into: &bytes)
    #expect(bytes.isEmpty)
  }

  @Test func `a frame that ends on its way out is recorded there, with the reason`() throws {
    let lan = try StubPorts()
    let (first, second) = (try lan.add(), try lan.add(largestFrame: 100))
    let ring = try lan.record()
    lan.receive(Self.frame(to: Self.everyone, from: Self.one, length: 200), from: first)
    let records = Self.records(ring)
    #expect(records.contains(Self.leaving(second, Self.dropped(.tooLargeForPort), length: 200)))
    #expect(records.contains(Self.arriving(first, .flooded, length: 200)))
  }

  @Test func `of each port there are as many records as it counts`() throws {
    let lan = try StubPorts()
    let (first, second) = (try lan.add(), try lan.add())
    let ring = try lan.record(capturing: [])
    second.isBusy = true
    // Its queue has room for fewer.
    for _ in 0..<100 { lan.receive(Self.frame(to: Self.everyone, from: Self.one, length: 1_500), from: first) }
    second.isBusy = false
    lan.remove(second)
    let records = Self.records(ring)
    let ends = records.filter { $0.port == second.number && $0.outcome != .passed }
    #expect(records.count { $0.direction == .arriving } == Int(first.received))
    #expect(records.count { $0 == Self.leaving(second, length: 1_500) } == second.frames.count)
    #expect(ends.count == Int(second.drops.values.reduce(0, +)))
    #expect((second.drops[.queueFull] ?? 0) > 0 && (second.drops[.portRemoved] ?? 0) > 0)
    #expect(ends.count + second.frames.count == 100)
  }

  @Test func `nothing is recorded any more when the rings are taken away`() throws {
    let lan = try StubPorts()
    let (first, _) = (try lan.add(), try lan.add())
    let ring = try lan.record(capturing: [])
    lan.endRecording()
    lan.receive(Self.frame(to: Self.everyone, from: Self.one), from: first)
    #expect(Self.records(ring).isEmpty)
  }

  @Test func `a port that comes while there are rings is recorded`() throws {
    let lan = try StubPorts()
    let first = try lan.add()
    let ring = try lan.record(capturing: [])
    let second = try lan.add()
    lan.receive(Self.frame(to: Self.everyone, from: Self.one), from: second)
    #expect(Self.records(ring) == [Self.arriving(second, .flooded), Self.leaving(first)])
  }

  /// What came in since it was last asked, with what was kept of it.
  private static func arrivals(_ reader: inout RingReader) -> [(CaptureRecord, [UInt8])] {
    var arrivals: [(CaptureRecord, [UInt8])] = []
    var bytes: [UInt8] = []
    while var record = reader.next(into: &bytes) {
      record.time = 0
      if record.direction == .arriving { arrivals.append((record, bytes)) }
    }
    return arrivals
  }

  /// Frames of all kinds, most of them several times.
  private static func mixture(_ count: Int) -> [IncomingFrame] {
    var random = SystemRandomNumberGenerator()
    let stations = [one, other, everyone]
    let lengths = [60, 64, 65, 100, 128, 129, 1_514]
    var frames: [IncomingFrame] = []
    while frames.count < count {
      let isOdd = Int.random(in: 0..<4, using: &random) == 0
      let length =
        isOdd ? Int.random(in: 1...200, using: &random) : lengths.randomElement(using: &random)!
      var frame = frame(
        to: stations.randomElement(using: &random)!, from: stations[Int.random(in: 0...1, using: &random)],
        length: max(length, 14))
      frame = Array(frame.prefix(length))
      var offload = umbel_offload()
      if length > 100, Int.random(in: 0..<4, using: &random) == 0 {
        (offload.gso_type, offload.gso_size) = (UInt8(UMBEL_GSO_TCPV4), 50)
      }
      // Cut before byte 64 it is malformed.
      let isCut = length > 80 && Int.random(in: 0..<4, using: &random) == 0
      let cuts = isCut ? [Int.random(in: 60...70, using: &random)] : []
      for number in 0..<Int.random(in: 1...9, using: &random) {
        if length > 14 { frame[length - 1] = UInt8(number) }
        frames.append(IncomingFrame(frame, offload, cuts: cuts))
      }
    }
    return frames
  }

  @Test func `the flight recorder keeps of any mixture of frames what a client gets frame by frame`() throws {
    let lans = (try StubPorts(), try StubPorts())
    let ports = try [lans.0, lans.1].map { lan in (try lan.add(mostPieces: 4), try lan.add(mostPieces: 4)) }
    // Small enough to be filled several times.
    var kept = RingReader(try lans.0.record(bytes: 512 << 10))
    var sent = RingReader(try lans.1.record(capturing: [], bytes: 4 << 20))
    for number in 0..<100 {
      let frames = Self.mixture(150)
      for (lan, ports) in zip([lans.0, lans.1], ports) {
        lan.receive(frames, from: number.isMultiple(of: 2) ? ports.0 : ports.1)
      }
      let (kept, sent) = (Self.arrivals(&kept), Self.arrivals(&sent))
      // All are too many to show.
      for (kept, sent) in zip(kept, sent) {
        try #require(kept.0 == sent.0)
        try #require(kept.1 == sent.1)
      }
      #expect(kept.count == frames.count && sent.count == frames.count)
    }
  }

  @Test func `after any number of laps the flight recorder has most of what it has room for`() throws {
    let lan = try StubPorts()
    let first = try lan.add()
    let ring = try lan.record(bytes: 512 << 10)
    let frame = Self.frame(to: Self.everyone, from: Self.one, length: 128)
    for _ in 0..<50 { lan.receive((0..<256).map { _ in IncomingFrame(frame) }, from: first) }
    var reader = RingReader.fromOldest(ring)
    let count = Self.arrivals(&reader).count
    // 160 bytes each.
    #expect(count > (512 << 10) / 160 * 8 / 10)
    // Who was overtaken long ago finds its way, and knows what it has lost.
    var late = RingReader(ring)
    let found = Self.arrivals(&late).count
    let lost = Int(late.lost)
    #expect(found > 500)
    #expect(found + lost == 50 * 256)
  }
}
