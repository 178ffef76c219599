import TestSupport
import Testing

@testable import Ethernet

/// The answer to a frame whose path carries frames of `limit` bytes; nil: there is none.
private func answer(_ frame: [UInt8], limit: Int, segmentLength: Int? = nil, available: Int? = nil) -> [UInt8]? {
  let seen = Array(frame.prefix(available ?? frame.count))
  let fenced = FencedBytes(seen)
  guard
    let answer = unsafe TooBig(
      fenced.start, available: seen.count, segmentLength: segmentLength ?? frame.count, limit: limit)
  else { return nil }
  let buffer = FencedBytes(capacity: TooBig.mostBytes)
  buffer.reserve(TooBig.mostBytes)
  let length = unsafe answer.write(into: buffer.start, about: fenced.start, available: seen.count)
  return Array(buffer.bytes.prefix(length))
}

/// What the answer must be, by the RFCs.
private func expected(_ packet: Packet, mtu: Int) -> [UInt8] {
  let frame = packet.frame
  let header = packet.ethernet
  let ethernet = Array(header[6..<12] + header[0..<6] + header[12...])
  let quote = Array(frame.dropFirst(header.count).prefix(packet.isIPv4 ? 576 - 28 : 1_280 - 48))
  if packet.isIPv4 {
    let addresses = packet.destination + packet.source
    let length = bytes(UInt16(28 + quote.count))
    let start: [UInt8] = [0x45, 0xc0] + length + [0, 0, 0x40, 0, 64, 1]
    let network = start + bytes(referenceChecksum(start + [0, 0] + addresses)) + addresses
    let rest = [0, 0] + bytes(UInt16(mtu)) + quote
    return ethernet + network + [3, 4] + bytes(referenceChecksum([3, 4, 0, 0] + rest)) + rest
  }
  let rest = bytes(UInt32(mtu)) + quote
  let addresses = packet.destination + packet.source
  let pseudo = addresses + bytes(UInt32(8 + quote.count)) + [0, 0, 0, 58]
  return ethernet + [0x60, 0, 0, 0] + bytes(UInt16(8 + quote.count)) + [58, 64] + addresses
    + [2, 0] + bytes(referenceChecksum(pseudo + [2, 0, 0, 0] + rest)) + rest
}

private func packet(_ payload: Int, isIPv4: Bool = true) -> Packet {
  var packet = Packet()
  packet.isTCP = false
  packet.isIPv4 = isIPv4
  packet.payload = (0..<payload).map { UInt8(truncatingIfNeeded: $0) }
  return packet
}

@Suite struct TooBigTests {
  @Test func `the answer is the one of the RFCs, with addresses swapped and tags kept`() {
    var random = SeededGenerator(state: 5)
    for _ in 0..<1_000 {
      var packet = packet(0, isIPv4: Bool.random(using: &random))
      packet.isTCP = Bool.random(using: &random)
      packet.tags = [[], [7], [7, 8]].randomElement(using: &random)!
      if packet.isIPv4 { packet.options = [UInt8](repeating: 1, count: 4 * Int.random(in: 0...3, using: &random)) }
      packet.payload = random.bytes(.random(in: 1_400...3_000, using: &random))
      let limit = Int.random(in: 600...1_400, using: &random)
      let mtu = limit - packet.ethernet.count
      #expect(answer(packet.frame, limit: limit) == expected(packet, mtu: packet.isIPv4 ? mtu : max(mtu, 1_280)))
    }
  }

  @Test func `so many first bytes of a frame are enough`() {
    for isIPv4 in [true, false] {
      let packet = packet(8_000, isIPv4: isIPv4)
      #expect(answer(packet.frame, limit: 1_450, available: TooBig.wantedBytes) == expected(packet, mtu: 1_436))
    }
  }

  @Test func `a short packet is quoted whole`() {
    let packet = packet(100)
    #expect(answer(packet.frame, limit: 100) == expected(packet, mtu: 86))
  }

  @Test func `IPv6 is never asked for less than 1,280 bytes, and what is no longer is not answered`() {
    let long = packet(1_300, isIPv4: false)
    #expect(answer(long.frame, limit: 1_000) == expected(long, mtu: 1_280))
    // 40 of IPv6 and 8 of UDP.
    #expect(answer(packet(1_232, isIPv4: false).frame, limit: 1_000) == nil)
    #expect(answer(packet(1_233, isIPv4: false).frame, limit: 1_000) != nil)
  }

  @Test("IPv4 is not answered without DF, to later fragments and below 68 bytes", arguments: [0, 0x20, 0x40])
  func flags(_ flags: UInt8) {
    var frame = packet(2_000).frame
    frame[20] = flags
    #expect((answer(frame, limit: 1_000) == nil) == (flags != 0x40))
    #expect(answer(frame, limit: 81) == nil)
    frame[21] = 1
    #expect(answer(frame, limit: 1_000) == nil)
  }

  @Test(
    "IPv4 from or to what is no host is not answered",
    arguments: [
      [0, 0, 0, 0], [127, 0, 0, 1], [224, 0, 0, 1], [255, 255, 255, 255], [240, 0, 0, 1],
    ] as [[UInt8]])
  func addresses(_ address: [UInt8]) {
    for place in [26, 30] {
      var frame = packet(2_000).frame
      frame.replaceSubrange(place..<place + 4, with: address)
      #expect(answer(frame, limit: 1_000) == nil)
    }
    var own = packet(2_000).frame
    own.replaceSubrange(26..<30, with: own[30..<34])
    #expect(answer(own, limit: 1_000) == nil)
  }

  @Test(
    "IPv6 from or to what is no host is not answered",
    arguments: [[0xff] + [UInt8](repeating: 1, count: 15), [UInt8](repeating: 0, count: 16)] as [[UInt8]])
  func addresses6(_ address: [UInt8]) {
    for place in [22, 38] {
      var frame = packet(2_000, isIPv4: false).frame
      frame.replaceSubrange(place..<place + 16, with: address)
      #expect(answer(frame, limit: 1_400) == nil)
    }
  }

  @Test("ICMP errors are not answered, questions are", arguments: 0...20)
  func errors(_ type: UInt8) {
    var frame = packet(2_000).frame
    frame[23] = 1
    frame[34] = type
    #expect((answer(frame, limit: 1_000) == nil) == [3, 4, 5, 11, 12].contains(type))
  }

  @Test(
    "ICMPv6 errors are not answered, questions are",
    arguments: [(UInt8(1), true), (4, true), (128, false), (137, true)])
  func errors6(_ type: UInt8, _ isError: Bool) {
    var plain = packet(2_000, isIPv4: false).frame
    plain[20] = 58
    plain[54] = type
    #expect((answer(plain, limit: 1_400) == nil) == isError)
    // Behind extension headers: hop-by-hop, routing, first fragment.
    var extended = packet(2_000, isIPv4: false)
    let empty: [UInt8] = [0, 0, 1, 4, 0, 0, 0, 0]
    extended.extensions = [(0, empty), (43, empty), (44, [0, 0, 0, 1, 0, 0, 0, 0])]
    var frame = extended.frame
    frame[54 + 16] = 58
    frame[54 + 24] = type
    #expect((answer(frame, limit: 1_400) == nil) == isError)
  }

  @Test func `frames to groups, and what is no IP, are not answered`() {
    var group = packet(2_000).frame
    group[0] = 1
    #expect(answer(group, limit: 1_000) == nil)
    var other = packet(2_000).frame
    other[12...13] = [0x88, 0xb5]
    #expect(answer(other, limit: 1_000) == nil)
  }

  @Test func `a packet that is short itself, with much behind it, is not answered`() {
    for isIPv4 in [true, false] {
      #expect(answer(packet(100, isIPv4: isIPv4).frame + [UInt8](repeating: 0, count: 2_000), limit: 1_400) == nil)
    }
  }

  @Test func `random bytes never lead beyond the frame`() {
    var random = SeededGenerator(state: 9)
    let types: [[UInt8]] = [[8, 0], [0x86, 0xdd], [0x81, 0], [0x88, 0xa8]]
    for _ in 0..<30_000 {
      var frame = random.bytes(.random(in: 14...200, using: &random))
      frame[0] &= 0xfe
      frame[12...13] = ArraySlice(types.randomElement(using: &random)!)
      if frame.count > 20 {
        frame[14] = (frame[12] == 8 ? 0x40 : 0x60) | (frame[14] & 0xf)
        frame[20] = [0x40, 0, 43, 44, 51, 58, 60].randomElement(using: &random)!
      }
      if let answer = answer(frame, limit: 90, segmentLength: 9_000) { #expect(answer.count <= TooBig.mostBytes) }
    }
  }
}
