import CTransport
import TestSupport
import Testing

/// Frames of every kind, divided anywhere, at ports that take one piece, a few, or many.
struct SegmentFuzzTests {
  private let lan: StubPorts
  private let source: StubPorts.Stub
  private let ports: [StubPorts.Stub]

  init() throws {
    let lan = try StubPorts()
    source = try lan.add()
    ports = try [1, 2, 3, 8, 64].map { try lan.add(mostPieces: $0) }
    self.lan = lan
  }

  /// Up to 63 places to divide a frame at, behind its first 64 bytes.
  private func cuts(_ count: Int, _ random: inout SeededGenerator) -> [Int] {
    guard count > 64 else { return [] }
    let most = [0, 1, 3, 63].randomElement(using: &random)!
    return (0..<Int.random(in: 0...most, using: &random)).map { _ in .random(in: 64...count, using: &random) }.sorted()
  }

  /// What each port gets of a frame.
  private func results(of frame: [UInt8], _ offload: umbel_offload, _ random: inout SeededGenerator) -> [[[UInt8]]] {
    for port in ports { port.forget() }
    lan.receive(frame, offload, cuts: cuts(frame.count, &random), from: source)
    return ports.map(\.frames)
  }

  private func metadata(_ frame: SuperFrame, size: Int?) -> umbel_offload {
    var offload = umbel_offload()
    offload.flags = UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM)
    offload.checksum_start = UInt16(frame.transport)
    offload.checksum_offset = UInt16(frame.checksumPlace - frame.transport)
    if let size {
      offload.gso_type = UInt8(
        !frame.isTCP ? UMBEL_GSO_UDP_L4 : frame.isIPv4 ? UMBEL_GSO_TCPV4 : UMBEL_GSO_TCPV6)
      offload.gso_size = UInt16(size)
    }
    return offload
  }

  /// A segment size that is allowed.
  private func size(_ frame: SuperFrame, _ random: inout SeededGenerator) -> Int {
    let least = max(1, (frame.payload.count + 127) / 128)
    let largest = [3, 1_500, Int(UMBEL_LARGEST_SEGMENT) - frame.headerLength].randomElement(using: &random)!
    return .random(in: least...max(least, largest), using: &random)
  }

  @Test("super-frames become what their sender would have sent", arguments: 0..<8)
  func superFrames(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    for round in 0..<fuzzCases(150) {
      let frame = SuperFrame(&random)
      let size = size(frame, &random)
      let before = ports.map(\.segmented)
      let expected = frame.segments(of: size)
      let results = results(of: frame.partial, metadata(frame, size: size), &random)
      for (port, result) in results.enumerated() {
        #expect(result == expected, "seed \(seed), round \(round), port \(port)")
        #expect(ports[port].segmented == [before[port][0] + 1, before[port][1] + UInt64(expected.count)])
      }
    }
  }

  /// The more, the sooner what is written of them has to go out in the middle of a batch.
  @Test("super-frames that come at once become what each does alone", arguments: 0..<4)
  func batches(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) + 300)
    for round in 0..<fuzzCases(15) {
      var incoming: [IncomingFrame] = []
      var expected: [[UInt8]] = []
      for _ in 0..<Int.random(in: 1...60, using: &random) {
        let frame = SuperFrame(&random)
        let size = size(frame, &random)
        expected += frame.segments(of: size)
        let cuts = cuts(frame.partial.count, &random)
        incoming.append(IncomingFrame(frame.partial, metadata(frame, size: size), cuts: cuts))
      }
      for port in ports { port.forget() }
      lan.receive(incoming, from: source)
      for (port, stub) in ports.enumerated() {
        let isRight = stub.frames == expected
        #expect(isRight, "seed \(seed), round \(round), port \(port)")
      }
    }
  }

  @Test("partial checksums become what their sender would have written", arguments: 0..<8)
  func partialChecksums(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) + 100)
    for round in 0..<fuzzCases(150) {
      var frame = SuperFrame(&random)
      let room = Int(UMBEL_LARGEST_SEGMENT) - frame.headerLength
      frame.payload.removeLast(max(0, frame.payload.count - room))
      for (port, result) in results(of: frame.partial, metadata(frame, size: nil), &random).enumerated() {
        #expect(result == [frame.whole], "seed \(seed), round \(round), port \(port)")
      }
    }
  }

  /// A few bytes of headers and metadata changed.
  private func spoil(_ bytes: inout [UInt8], _ offload: inout umbel_offload, _ random: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let place = Int.random(in: 12..<min(bytes.count, 120), using: &random)
      bytes[place] = .random(in: 0...255, using: &random)
    }
    if Bool.random(using: &random) { bytes.removeLast(.random(in: 0...bytes.count - 14, using: &random)) }
    switch Int.random(in: 0..<10, using: &random) {
    case 0: offload.gso_type = .random(in: 0...255, using: &random)
    case 1: offload.checksum_start = .random(in: 0...200, using: &random)
    case 2: offload.checksum_offset = .random(in: 0...30, using: &random)
    case 3: offload.gso_size = .random(in: 0...9_000, using: &random)
    case 4: offload.flags = .random(in: 0...255, using: &random)
    case 5: offload.header_length = .random(in: 0...0xffff, using: &random)
    default: break
    }
  }

  @Test("frames that are not as their metadata says end alike, however they are divided", arguments: 0..<8)
  func malformed(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed) + 200)
    var refused = 0
    for round in 0..<fuzzCases(150) {
      var frame = SuperFrame(&random)
      frame.payload = Array(frame.payload.prefix(4_000))
      var offload = metadata(frame, size: Int.random(in: 0...3, using: &random) == 0 ? nil : size(frame, &random))
      var bytes = frame.partial
      spoil(&bytes, &offload, &random)
      for port in ports { port.forget() }
      lan.receive(bytes, offload, from: source)
      let together = ports[0].frames
      let before = ports.map(\.drops)
      let divided = results(of: bytes, offload, &random)
      #expect(divided.allSatisfy { $0 == together }, "seed \(seed), round \(round)")
      #expect(Set(ports.map(\.drops)).count == 1)
      if ports[0].drops != before[0] { refused += 1 }
    }
    #expect(refused > fuzzCases(150) / 8)
  }
}
