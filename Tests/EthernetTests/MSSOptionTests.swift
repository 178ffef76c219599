import TestSupport
import Testing

@testable import Ethernet

/// A SYN whose MSS option stands behind `before` bytes of no operation, with `after` behind it.
private func syn(_ value: UInt16 = 1_460, before: Int = 0, after: [UInt8] = []) -> Packet {
  var packet = Packet()
  packet.flags = 0x02
  let options = [UInt8](repeating: 1, count: before) + [2, 4] + bytes(value) + after
  packet.tcpOptions = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
  return packet
}

private func option(_ frame: [UInt8]) -> MSSOption? {
  let fenced = FencedBytes(frame)
  let option = unsafe MSSOption(fenced.start, length: frame.count)
  if option != nil { #expect(unsafe MSSOption.isPossible(fenced.start, length: frame.count)) }
  return option
}

/// The frame after its MSS was lowered to what makes frames of `limit` bytes; nil: it stays as it is.
private func lowered(_ frame: [UInt8], to limit: Int, hasPartialChecksum: Bool = false) -> [UInt8]? {
  let fenced = FencedBytes(frame)
  guard let option = unsafe MSSOption(fenced.start, length: frame.count), let value = option.lowered(to: limit) else {
    return nil
  }
  unsafe option.write(value, in: fenced.start, hasPartialChecksum: hasPartialChecksum)
  return fenced.bytes
}

@Suite struct MSSOptionTests {
  @Test func `a lowered SYN is the one that a sender with the lower MSS would have made`() {
    var random = SeededGenerator(state: 1)
    for _ in 0..<3_000 {
      let value = UInt16.random(in: 1_000...9_000, using: &random)
      var packet = syn(
        value, before: .random(in: 0...5, using: &random), after: Bool.random(using: &random) ? [1, 3, 3, 7] : [])
      packet.tags = [[], [7], [7, 8]].randomElement(using: &random)!
      packet.isIPv4 = Bool.random(using: &random)
      if packet.isIPv4 {
        packet.options = [UInt8](repeating: 1, count: 4 * Int.random(in: 0...3, using: &random))
      } else if Bool.random(using: &random) {
        packet.extensions = [(0, [0, 0, 1, 4, 0, 0, 0, 0]), (60, [0, 0, 1, 4, 0, 0, 0, 0])]
      }
      packet.sequence = UInt32.random(in: 0...UInt32.max, using: &random)
      if Bool.random(using: &random) { packet.flags = 0x12 }
      if Int.random(in: 0..<4, using: &random) == 0 {
        packet.payload = random.bytes(.random(in: 1...100, using: &random))
      }
      let limit = Int.random(in: 600...9_500, using: &random)
      let fits = limit - 14 - 4 * packet.tags.count - (packet.isIPv4 ? 20 : 40) - 20
      var expected = packet
      if let place = expected.tcpOptions.indices.first(where: { Array(expected.tcpOptions[$0...].prefix(2)) == [2, 4] })
      {
        expected.tcpOptions.replaceSubrange(place + 2..<place + 4, with: bytes(UInt16(fits)))
      }
      let result = lowered(packet.frame, to: limit)
      #expect(result == (fits < Int(value) ? expected.frame : nil))
    }
  }

  @Test func `a partial checksum stays, for it is of the pseudo-header alone`() {
    let packet = syn()
    #expect(lowered(packet.partialFrame, to: 1_450, hasPartialChecksum: true) == syn(1_396).partialFrame)
  }

  @Test func `a checksum that was wrong stays wrong`() {
    var frame = syn().frame
    frame[syn().transportOffset + 16] ^= 0x55
    let wrong = lowered(frame, to: 1_450)
    #expect(wrong != nil && wrong != syn(1_396).frame)
  }

  @Test func `an MSS that fits is not raised`() {
    #expect(lowered(syn(1_000).frame, to: 1_450) == nil)
    #expect(lowered(syn(1_396).frame, to: 1_450) == nil)
  }

  @Test func `no MSS goes below what Linux takes`() {
    #expect(option(syn().frame)?.lowered(to: 100) == 88)
    #expect(option(syn(80).frame)?.lowered(to: 100) == nil)
  }

  @Test("a segment that is no SYN has none", arguments: [UInt8(0x10), 0x18, 0x11, 0x04])
  func noSYN(_ flags: UInt8) {
    var packet = syn()
    packet.flags = flags
    #expect(option(packet.frame) == nil)
    let fenced = FencedBytes(packet.frame)
    #expect(unsafe !MSSOption.isPossible(fenced.start, length: packet.frame.count))
  }

  @Test func `UDP and what is no IP are not looked into`() {
    var packet = syn()
    packet.isTCP = false
    var arp = syn().frame
    arp[12...13] = [0x08, 0x06]
    for frame in [packet.frame, arp] {
      #expect(option(frame) == nil)
      let fenced = FencedBytes(frame)
      #expect(unsafe !MSSOption.isPossible(fenced.start, length: frame.count))
    }
  }

  @Test(
    "malformed options are left alone",
    arguments: [
      [2, 3, 5, 0], [2, 0, 5, 180], [2, 5, 5, 180], [8, 1, 2, 4, 5, 180, 0, 0], [8, 200, 2, 4, 5, 180, 0, 0],
      [0, 2, 4, 5, 180, 0, 0, 0], [1, 1, 1, 2], [1, 1, 2, 4],
    ] as [[UInt8]])
  func malformed(_ options: [UInt8]) {
    var packet = syn()
    packet.tcpOptions = options
    #expect(option(packet.frame) == nil)
  }

  @Test func `a SYN without options is left alone`() {
    var packet = syn()
    packet.tcpOptions = []
    #expect(option(packet.frame) == nil)
  }

  @Test func `a later fragment is not taken for a SYN`() {
    var frame = syn().frame
    frame[21] = 9
    #expect(option(frame) == nil)
  }

  @Test func `a frame cut anywhere is read to its end at most`() {
    var packets = [syn(before: 3, after: [3, 3, 7]), syn(), syn()]
    packets[1].isIPv4 = false
    packets[1].tags = [1, 2]
    packets[2].isIPv4 = false
    packets[2].extensions = [(0, [0, 0, 1, 4, 0, 0, 0, 0])]
    for frame in packets.map(\.frame) {
      for length in 14..<frame.count {
        let part = FencedBytes(Array(frame.prefix(length)))
        _ = unsafe MSSOption.isPossible(part.start, length: length)
        #expect(option(Array(frame.prefix(length))) == nil || length > frame.count - 8)
      }
    }
  }

  @Test func `random bytes never lead beyond the frame`() {
    var random = SeededGenerator(state: 3)
    let types: [[UInt8]] = [[8, 0], [0x86, 0xdd], [0x81, 0], [0x88, 0xa8]]
    for _ in 0..<30_000 {
      var frame = random.bytes(.random(in: 14...120, using: &random))
      frame[12...13] = ArraySlice(types.randomElement(using: &random)!)
      if frame.count > 23 {
        frame[14] = 0x40 | (frame[14] & 0xf)
        frame[23] = 6
        frame[20] = 0
        frame[21] = 0
      }
      _ = option(frame)
      _ = lowered(frame, to: 200)
    }
  }
}
