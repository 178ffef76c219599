import Ethernet
import TestSupport
import Testing

/// The metadata that a guest gives with the packet.
private func offload(_ packet: Packet, size: Int) -> Offload {
  Offload(
    flags: Offload.needsChecksum,
    gsoType: packet.isTCP ? (packet.isIPv4 ? Offload.gsoTCPv4 : Offload.gsoTCPv6) : Offload.gsoUDP,
    headerLength: UInt16(packet.headerLength), gsoSize: UInt16(size), checksumStart: UInt16(packet.transportOffset),
    checksumOffset: packet.isTCP ? 16 : 6)
}

/// The segments of a frame; nil: it was refused.
private func segments(of frame: [UInt8], _ offload: Offload) -> [[UInt8]]? {
  unsafe frame.withUnsafeBytes { bytes in
    guard let start = bytes.baseAddress,
      var segmenter = unsafe Segmenter(start, available: bytes.count, length: bytes.count, offload: offload)
    else { return nil }
    var result: [[UInt8]] = []
    // Odd bytes around the buffer show a write beyond it.
    var buffer = [UInt8](repeating: 0xa5, count: segmenter.headerLength + 16)
    var position = segmenter.headerLength
    while let count = segmenter.nextPayload {
      var sum = InternetChecksum()
      unsafe sum.add(start + position, count: count)
      unsafe buffer.withUnsafeMutableBytes { target in
        if let place = target.baseAddress { unsafe segmenter.next(into: place + 8, count: count, payload: sum) }
      }
      #expect(buffer.prefix(8).allSatisfy { $0 == 0xa5 } && buffer.suffix(8).allSatisfy { $0 == 0xa5 })
      unsafe result.append(buffer.dropFirst(8).dropLast(8) + bytes[position..<position + count])
      position += count
    }
    #expect(position == bytes.count)
    #expect(result.count == segmenter.segmentCount)
    #expect(result.map(\.count).max() == segmenter.largestSegment)
    return result
  }
}

private func packet(_ kind: Int, _ random: inout SeededGenerator) -> Packet {
  var packet = Packet(isIPv4: kind & 1 == 0, isTCP: kind & 2 == 0)
  packet.tags = (0..<Int.random(in: 0...2, using: &random)).map { _ in UInt16.random(in: 0...4095, using: &random) }
  packet.identification = .random(in: 0...0xffff, using: &random)
  packet.sequence = .random(in: 0...0xffff_ffff, using: &random)
  packet.flags = .random(in: 0...255, using: &random)
  if packet.isTCP { packet.tcpOptions = random.bytes(4 * Int.random(in: 0...10, using: &random)) }
  if packet.isIPv4 {
    packet.options = random.bytes(4 * Int.random(in: 0...10, using: &random))
  } else if Bool.random(using: &random) {
    packet.extensions = [(0, [0, 0, 1, 4, 0, 0, 0, 0]), (60, [0, 1] + random.bytes(14))]
  }
  packet.payload = random.bytes(Int.random(in: 1...9_000, using: &random))
  return packet
}

@Suite struct SegmenterTests {
  @Test(arguments: 0..<4)
  func `random frames of every kind are cut as their sender would have cut them`(kind: Int) {
    var random = SeededGenerator(state: UInt64(kind) + 10)
    for _ in 0..<60 {
      let packet = packet(kind, &random)
      let least = packet.isTCP ? 1 : (packet.payload.count + 127) / 128
      let size = Int.random(in: least...max(least, Int.random(in: 1...3_000, using: &random)), using: &random)
      #expect(segments(of: packet.partialFrame, offload(packet, size: size)) == packet.segments(of: size))
    }
  }

  @Test(arguments: 0..<4)
  func `the largest frame is cut`(kind: Int) {
    var random = SeededGenerator(state: 20)
    var packet = Packet(tags: [1, 2], isIPv4: kind & 1 == 0, isTCP: kind & 2 == 0)
    packet.payload = random.bytes(65_557 - packet.headerLength)
    #expect(segments(of: packet.partialFrame, offload(packet, size: 1_448)) == packet.segments(of: 1_448))
  }

  @Test func `identification and sequence number wrap`() {
    let packet = Packet(
      identification: 0xfffe, sequence: 0xffff_ff00, payload: [UInt8](repeating: 7, count: 1_000))
    let cut = segments(of: packet.partialFrame, offload(packet, size: 200))
    #expect(cut == packet.segments(of: 200))
    #expect(cut?.map { UInt16($0[18]) << 8 | UInt16($0[19]) } == [0xfffe, 0xffff, 0, 1, 2])
  }

  @Test func `FIN and PSH are on the last segment only, CWR on the first`() {
    let packet = Packet(flags: 0xff, payload: [UInt8](repeating: 7, count: 300))
    let cut = segments(of: packet.partialFrame, offload(packet, size: 100))
    #expect(cut?.map { $0[packet.transportOffset + 13] } == [0xf6, 0x76, 0x7f])
  }

  @Test func `the ECN bit of the type changes nothing`() {
    let packet = Packet(flags: 0x90, payload: [UInt8](repeating: 7, count: 300))
    var metadata = offload(packet, size: 100)
    metadata.gsoType |= Offload.gsoECN
    #expect(segments(of: packet.partialFrame, metadata) == packet.segments(of: 100))
  }

  @Test(arguments: 0..<4)
  func `a frame that needs no cutting is completed`(kind: Int) {
    for length in [0, 1, 99, 100] {
      let packet = Packet(isIPv4: kind & 1 == 0, isTCP: kind & 2 == 0, payload: [UInt8](repeating: 9, count: length))
      #expect(segments(of: packet.partialFrame, offload(packet, size: 100)) == [packet.frame])
    }
  }

  @Test func `the headers are all that is looked at`() {
    let packet = Packet(tags: [7], isIPv4: false, payload: [UInt8](repeating: 7, count: 300))
    let source = FencedBytes(Array(packet.frame.prefix(packet.headerLength)))
    let metadata = offload(packet, size: 100)
    let headers = packet.headerLength
    let segmenter = unsafe Segmenter(source.start, available: headers, length: headers + 300, offload: metadata)
    #expect(segmenter?.segmentCount == 3)
    #expect(
      unsafe Segmenter(source.start, available: headers - 1, length: headers + 300, offload: metadata) == nil,
      "headers that are not all there")
  }

  @Test func `a UDP segment whose checksum is zero carries all ones`() throws {
    var packet = Packet(isTCP: false, payload: [0, 0])
    packet.payload = bytes(referenceChecksum(packet.pseudoHeader + packet.transport(checksum: 0) + [0, 0]))
    packet.payload += [1, 2]
    let cut = try #require(segments(of: packet.partialFrame, offload(packet, size: 2)))
    #expect(Array(cut[0][packet.transportOffset + 6..<packet.transportOffset + 8]) == [0xff, 0xff])
  }

  @Test func `metadata without the start of the checksum is enough`() {
    let packet = Packet(payload: [UInt8](repeating: 7, count: 300))
    let metadata = Offload(gsoType: Offload.gsoTCPv4, gsoSize: 100)
    #expect(segments(of: packet.partialFrame, metadata) == packet.segments(of: 100))
  }
}

@Suite struct MalformedSegmentationTests {
  private let packet = Packet(payload: [UInt8](repeating: 7, count: 300))

  @Test func `a segment size of zero is refused`() {
    #expect(segments(of: packet.partialFrame, offload(packet, size: 0)) == nil)
  }

  @Test(arguments: [0, 2, 3, 6, 0x80] as [UInt8])
  func `other GSO types are refused`(type: UInt8) {
    var metadata = offload(packet, size: 100)
    metadata.gsoType = type
    #expect(segments(of: packet.partialFrame, metadata) == nil)
  }

  @Test(arguments: [0, 1, 54, 353, 354, 355, 0xffff] as [UInt16])
  func `the metadata's header length is not believed`(hint: UInt16) {
    var metadata = offload(packet, size: 100)
    metadata.headerLength = hint
    #expect(segments(of: packet.partialFrame, metadata) == packet.segments(of: 100))
  }

  @Test func `a UDP type with the bit of ECN is refused`() {
    let packet = Packet(isTCP: false, payload: [UInt8](repeating: 7, count: 300))
    var metadata = offload(packet, size: 100)
    metadata.gsoType |= Offload.gsoECN
    #expect(segments(of: packet.partialFrame, metadata) == nil)
  }

  @Test func `a checksum that is not where the frame has one is refused`() {
    var metadata = offload(packet, size: 100)
    metadata.checksumStart += 1
    #expect(segments(of: packet.partialFrame, metadata) == nil)
    metadata = offload(packet, size: 100)
    metadata.checksumOffset = 6
    #expect(segments(of: packet.partialFrame, metadata) == nil)
  }

  @Test(arguments: 0..<4)
  func `a frame that ends within its headers is refused`(kind: Int) {
    let packet = Packet(
      tags: [5], isIPv4: kind & 1 == 0, isTCP: kind & 2 == 0, tcpOptions: [1, 1, 1, 1], payload: [1])
    for length in 1..<packet.headerLength {
      var metadata = offload(packet, size: 100)
      metadata.headerLength = 0
      #expect(segments(of: Array(packet.partialFrame.prefix(length)), metadata) == nil, "\(length) bytes")
    }
  }

  @Test func `a type that the frame contradicts is refused`() {
    for kind in 0..<4 {
      let packet = Packet(isIPv4: kind & 1 == 0, isTCP: kind & 2 == 0, payload: [UInt8](repeating: 7, count: 300))
      let right = offload(packet, size: 100).gsoType
      for type in [Offload.gsoTCPv4, Offload.gsoTCPv6, Offload.gsoUDP] where type != right {
        var metadata = offload(packet, size: 100)
        metadata.flags = 0
        metadata.gsoType = type
        #expect(segments(of: packet.partialFrame, metadata) == nil)
      }
    }
  }

  /// The frame with one byte changed.
  private func frame(_ packet: Packet, _ offset: Int, _ value: UInt8) -> [UInt8] {
    var frame = packet.partialFrame
    frame[offset] = value
    return frame
  }

  @Test func `a broken IPv4 header is refused`() {
    let metadata = offload(packet, size: 100)
    #expect(segments(of: frame(packet, 14, 0x44), metadata) == nil, "header of 16 bytes")
    #expect(segments(of: frame(packet, 14, 0x65), metadata) == nil, "version 6")
    #expect(segments(of: frame(packet, 20, 0x20), metadata) == nil, "more fragments")
    #expect(segments(of: frame(packet, 21, 0x01), metadata) == nil, "a later fragment")
    #expect(segments(of: frame(packet, 12, 0x09), metadata) == nil, "not IP at all")
  }

  @Test func `a TCP header shorter than 20 bytes is refused`() {
    #expect(segments(of: frame(packet, 34 + 12, 0x40), offload(packet, size: 100)) == nil)
  }

  @Test(arguments: [43, 44, 51] as [UInt8])
  func `IPv6 routing, fragment and authentication headers are refused`(number: UInt8) {
    let packet = Packet(
      isIPv4: false, extensions: [(number, [0, 0, 0, 0, 0, 0, 0, 0])], payload: [UInt8](repeating: 7, count: 300))
    #expect(segments(of: packet.partialFrame, offload(packet, size: 100)) == nil)
  }

  @Test func `three VLAN tags are refused`() {
    let packet = Packet(tags: [1, 2, 3], payload: [UInt8](repeating: 7, count: 300))
    #expect(segments(of: packet.partialFrame, offload(packet, size: 100)) == nil)
  }

  @Test func `more than 128 datagrams are refused`() {
    let packet = Packet(isTCP: false, payload: [UInt8](repeating: 7, count: 257))
    #expect(segments(of: packet.partialFrame, offload(packet, size: 2)) == nil)
    #expect(segments(of: packet.partialFrame, offload(packet, size: 3)) != nil)
  }

  @Test func `a segment too long for the length fields is refused`() {
    let packet = Packet(payload: [UInt8](repeating: 7, count: 65_535))
    #expect(segments(of: packet.partialFrame, offload(packet, size: 65_535 - 39)) == nil)
    #expect(segments(of: packet.partialFrame, offload(packet, size: 65_535 - 40)) != nil)
  }

  /// 100,000 frames with a few bytes changed and cut anywhere, with metadata of every kind. Frame and segment end where
  /// memory ends.
  @Test func `random frames and metadata are never read or written beyond their end`() {
    var random = SeededGenerator(state: 30)
    let frames = (0..<8).map { kind in
      var packet = Packet(isIPv4: kind & 1 == 0, isTCP: kind & 2 == 0, payload: random.bytes(200))
      if kind & 4 != 0 { packet.tags = [1, 2] }
      if kind & 4 != 0, !packet.isIPv4 { packet.extensions = [(0, [0, 0, 1, 4, 0, 0, 0, 0])] }
      return (packet.partialFrame, offload(packet, size: 100))
    }
    let source = FencedBytes(capacity: 4_096)
    let target = FencedBytes(capacity: 4_096)
    var segmented = 0
    var completed = 0
    for round in 0..<100_000 {
      var (frame, metadata) = frames[round & 7]
      var word = random.next()
      func draw(_ bound: Int) -> Int {
        defer { word /= UInt64(bound) }
        return Int(word % UInt64(bound))
      }
      for _ in 0..<draw(4) { frame[12 + draw(70)] = UInt8(draw(256)) }
      word = random.next()
      if draw(2) == 0 { frame.removeLast(draw(frame.count)) }
      metadata.gsoSize = UInt16(draw(4) == 0 ? draw(65_536) : draw(400))
      switch draw(8) {
      case 0: metadata.gsoType = UInt8(draw(256))
      case 1: metadata.checksumStart = UInt16(draw(65_536))
      case 2: metadata.checksumOffset = UInt16(draw(65_536))
      case 3: metadata.headerLength = UInt16(draw(65_536))
      case 4: metadata.flags = UInt8(draw(256))
      default: break
      }
      source.fill(frame)
      if metadata.gsoType == Offload.gsoNone || round % 16 == 0 {
        if unsafe metadata.completeChecksum(of: source.start, length: frame.count) { completed += 1 }
      } else if var segmenter = unsafe Segmenter(
        source.start, available: frame.count, length: frame.count, offload: metadata)
      {
        target.reserve(segmenter.headerLength)
        while let count = segmenter.nextPayload {
          unsafe segmenter.next(into: target.start, count: count, payload: InternetChecksum())
          segmented += 1
        }
      }
    }
    #expect(segmented > 20_000 && completed > 1_000)
  }
}

@Suite struct OffloadTests {
  @Test func `without GSO a frame is its own segment`() {
    let offload = Offload(flags: Offload.needsChecksum, checksumStart: 34, checksumOffset: 16)
    #expect(offload.segmentLength(of: 1_514) == 1_514)
  }

  @Test func `with GSO a segment has its headers and the segment size`() {
    let tcp = Offload(gsoType: Offload.gsoTCPv4 | Offload.gsoECN, gsoSize: 1_448, checksumStart: 34)
    #expect(tcp.segmentLength(of: 65_000) == 1_502)
    #expect(tcp.segmentLength(of: 900) == 900)
    let udp = Offload(gsoType: Offload.gsoUDP, gsoSize: 1_400, checksumStart: 54)
    #expect(udp.segmentLength(of: 65_000) == 1_462)
  }
}
