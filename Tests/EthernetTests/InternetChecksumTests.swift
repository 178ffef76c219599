import Ethernet
import TestSupport
import Testing

private func checksum(_ bytes: [UInt8]) -> UInt16 {
  var sum = InternetChecksum()
  unsafe bytes.withUnsafeBytes { if let start = $0.baseAddress { unsafe sum.add(start, count: $0.count) } }
  return sum.value
}

@Suite struct InternetChecksumTests {
  @Test func `the example of RFC 1071, section 3, comes out`() {
    #expect(checksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]) == ~0xddf2)
  }

  @Test func `a known IPv4 header comes out`() {
    let header: [UInt8] = [
      0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7,
    ]
    #expect(checksum(header) == 0xb861)
  }

  @Test func `nothing sums up to zero`() {
    #expect(checksum([]) == 0xffff)
    #expect(checksum([0, 0, 0, 0]) == 0xffff)
  }

  @Test func `every length up to 300 agrees with the reference`() {
    var random = SeededGenerator(state: 1)
    for length in 0...300 {
      let data = random.bytes(length)
      #expect(checksum(data) == referenceChecksum(data))
    }
  }

  @Test func `every alignment agrees with the reference`() {
    var random = SeededGenerator(state: 2)
    let data = random.bytes(200)
    for start in 0..<16 {
      var sum = InternetChecksum()
      unsafe data.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { unsafe sum.add(base + start, count: 150) }
      }
      #expect(sum.value == referenceChecksum(Array(data[start..<start + 150])))
    }
  }

  @Test func `bytes in stretches of any length are summed up as one`() {
    var random = SeededGenerator(state: 4)
    for _ in 0..<500 {
      let data = random.bytes(Int.random(in: 0...400, using: &random))
      var sum = InternetChecksum()
      unsafe data.withUnsafeBytes { bytes in
        var start = 0
        while start < bytes.count {
          let count = Int.random(in: 0...(bytes.count - start), using: &random)
          if Bool.random(using: &random) {
            unsafe sum.add(bytes.baseAddress! + start, count: count)
          } else {
            var stretch = InternetChecksum()
            unsafe stretch.add(bytes.baseAddress! + start, count: count)
            sum.add(stretch)
          }
          start += count
        }
      }
      #expect(sum.value == referenceChecksum(data))
    }
  }

  @Test func `a word that is taken away leaves the rest`() {
    var random = SeededGenerator(state: 5)
    for _ in 0..<200 {
      let data = random.bytes(40)
      var sum = InternetChecksum()
      unsafe data.withUnsafeBytes { unsafe sum.add($0.baseAddress!, count: 40) }
      sum.subtract(UInt16(data[20]) << 8 | UInt16(data[21]))
      #expect(sum.value == referenceChecksum(Array(data[..<20] + data[22...])))
    }
  }

  @Test func `65,557 bytes of ones do not overflow`() {
    let data = [UInt8](repeating: 0xff, count: 65_557)
    #expect(checksum(data) == referenceChecksum(data))
  }

  @Test func `words and bytes may be mixed`() {
    var sum = InternetChecksum()
    sum.add(0x0001)
    let rest: [UInt8] = [0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]
    unsafe rest.withUnsafeBytes { if let start = $0.baseAddress { unsafe sum.add(start, count: 6) } }
    #expect(sum.folded == 0xddf2)
  }

  @Test func `zero becomes all ones where zero means no checksum`() {
    var sum = InternetChecksum()
    sum.add(0xffff)
    #expect(sum.value == 0)
    #expect(sum.nonzeroValue == 0xffff)
    sum.add(1)
    #expect(sum.nonzeroValue == 0xfffe)
  }
}

@Suite struct PartialChecksumTests {
  private func complete(_ frame: [UInt8], _ offload: Offload) -> [UInt8]? {
    var frame = frame
    let isDone = unsafe frame.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe offload.completeChecksum(of: start, length: bytes.count)
    }
    return isDone ? frame : nil
  }

  @Test(arguments: [true, false], [true, false])
  func `a partial checksum is completed to the full one`(isIPv4: Bool, isTCP: Bool) {
    var random = SeededGenerator(state: 3)
    for length in 0...64 {
      let packet = Packet(isIPv4: isIPv4, isTCP: isTCP, payload: random.bytes(length))
      let offload = Offload(
        flags: Offload.needsChecksum, checksumStart: UInt16(packet.transportOffset), checksumOffset: isTCP ? 16 : 6)
      #expect(complete(packet.partialFrame, offload) == packet.frame)
    }
  }

  @Test func `a UDP checksum of zero becomes all ones`() throws {
    // The payload is chosen so that everything else sums up to 0xffff.
    var packet = Packet(isTCP: false, payload: [0, 0])
    let sum = referenceChecksum(packet.pseudoHeader + packet.transport(checksum: 0) + [0, 0])
    packet.payload = bytes(sum)
    let offload = Offload(
      flags: Offload.needsChecksum, checksumStart: UInt16(packet.transportOffset), checksumOffset: 6)
    let frame = try #require(complete(packet.partialFrame, offload))
    #expect(Array(frame[packet.transportOffset + 6..<packet.transportOffset + 8]) == [0xff, 0xff])
  }

  @Test(
    "a checksum outside the frame, or in headers that are read before, is refused",
    arguments: [
      (34, 24, true), (34, 25, false), (65_535, 65_535, false), (60, 0, false), (33, 10, false), (0, 6, false),
    ] as [(UInt16, UInt16, Bool)])
  func place(start: UInt16, offset: UInt16, isTaken: Bool) {
    let frame = [UInt8](repeating: 0, count: 60)
    let offload = Offload(flags: Offload.needsChecksum, checksumStart: start, checksumOffset: offset)
    #expect((complete(frame, offload) != nil) == isTaken)
  }

  @Test func `nothing is completed where nothing is partial`() {
    #expect(complete([UInt8](repeating: 0, count: 60), Offload(checksumStart: 34, checksumOffset: 16)) == nil)
  }
}
