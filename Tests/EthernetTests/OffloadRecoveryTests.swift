import Testing

@testable import Ethernet

// Frames as a kernel hands them over that counts on the network card, built here field by field.

private func sum(_ bytes: [UInt8]) -> UInt16 {
  let even = bytes.count % 2 == 0 ? bytes : bytes + [0]
  var total = stride(from: 0, to: even.count, by: 2).reduce(0) { $0 + Int(even[$1]) << 8 + Int(even[$1 + 1]) }
  while total >> 16 != 0 { total = total & 0xffff + total >> 16 }
  return UInt16(total)
}

private func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

private enum Checksum { case partial, complete, wrong }

/// A frame, and where its transport header and its checksum lie.
private func make(
  ipv6: Bool, tcp: Bool, tags: Int, payload: Int, _ checksum: Checksum, padding: Int = 0
) -> (bytes: [UInt8], transport: Int, place: Int) {
  let data = (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  let number: UInt8 = tcp ? 6 : 17
  let header: [UInt8] =
    tcp
    ? [1, 2, 3, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 1, 0, 0, 0, 0, 0]
    : [1, 2, 3, 4] + word(8 + payload) + [0, 0]
  let (source, target): ([UInt8], [UInt8]) =
    ipv6
    ? ([0xfd] + [UInt8](repeating: 0, count: 14) + [1], [0xfd] + [UInt8](repeating: 0, count: 14) + [2])
    : ([10, 0, 0, 1], [10, 0, 0, 2])
  let length = header.count + payload
  let network: [UInt8] =
    ipv6
    ? [0x60, 0, 0, 0] + word(length) + [number, 64] + source + target
    : [0x45, 0] + word(20 + length) + [0, 1, 0x40, 0, 64, number, 0, 0] + source + target
  let pseudo = sum(source + target + [0, number] + word(length))
  let tag: [UInt8] = [0x81, 0, 0, 5]
  let ethernet: [UInt8] =
    [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + [[UInt8]](repeating: tag, count: tags).flatMap { $0 }
    + (ipv6 ? [0x86, 0xdd] : [8, 0])
  var bytes = ethernet + network + header + data
  let transport = ethernet.count + network.count
  let place = transport + (tcp ? 16 : 6)
  let value: UInt16 =
    switch checksum {
    case .partial: pseudo
    case .complete: ~sum(word(Int(pseudo)) + header + data)
    case .wrong: ~pseudo
    }
  bytes.replaceSubrange(place..<(place + 2), with: word(Int(value)))
  return (bytes + [UInt8](repeating: 0, count: padding), transport, place)
}

private func recover(_ bytes: [UInt8], longest: Int = 1_464) -> Offload? {
  unsafe bytes.withUnsafeBytes { unsafe Offload(recovering: $0.baseAddress!, length: $0.count, longest: longest) }
}

private let kinds = [false, true].flatMap { ipv6 in
  [false, true].flatMap { tcp in [0, 1, 2].map { (ipv6: ipv6, tcp: tcp, tags: $0) } }
}

@Suite struct OffloadRecoveryTests {
  @Test(arguments: kinds)
  func `a checksum of the pseudo-header alone is partial, and completing it gives the true one`(
    _ kind: (ipv6: Bool, tcp: Bool, tags: Int)
  ) throws {
    for payload in [0, 1, 100, 1_001] {
      let partial = make(ipv6: kind.ipv6, tcp: kind.tcp, tags: kind.tags, payload: payload, .partial)
      let offload = try #require(recover(partial.bytes))
      #expect(offload.isChecksumPartial && offload.gsoType == Offload.gsoNone)
      #expect(Int(offload.checksumStart) == partial.transport)
      #expect(Int(offload.checksumStart + offload.checksumOffset) == partial.place)
      var bytes = partial.bytes
      let isDone = unsafe bytes.withUnsafeMutableBytes {
        unsafe offload.completeChecksum(of: $0.baseAddress!, length: $0.count)
      }
      #expect(isDone)
      #expect(bytes == make(ipv6: kind.ipv6, tcp: kind.tcp, tags: kind.tags, payload: payload, .complete).bytes)
    }
  }

  @Test(arguments: kinds)
  func `a finished checksum and a wrong one are left alone`(_ kind: (ipv6: Bool, tcp: Bool, tags: Int)) {
    for checksum in [Checksum.complete, .wrong] {
      let made = make(ipv6: kind.ipv6, tcp: kind.tcp, tags: kind.tags, payload: 333, checksum)
      #expect(recover(made.bytes) == nil)
    }
  }

  @Test(arguments: kinds.filter(\.tcp))
  func `a TCP frame longer than what passes is cut into segments that pass`(
    _ kind: (ipv6: Bool, tcp: Bool, tags: Int)
  ) throws {
    for checksum in [Checksum.partial, .complete] {
      let made = make(ipv6: kind.ipv6, tcp: true, tags: kind.tags, payload: 20_000, checksum)
      let offload = try #require(recover(made.bytes))
      #expect(offload.isPlausible(length: made.bytes.count))
      let longest = try unsafe made.bytes.withUnsafeBytes { bytes in
        let segmenter = try #require(
          unsafe Segmenter(bytes.baseAddress!, available: bytes.count, length: bytes.count, offload: offload))
        return segmenter.largestSegment
      }
      #expect(longest == 1_464)
    }
  }

  @Test func `on a way for jumbo frames a partial TCP frame becomes ordinary ones, a finished one stays`() throws {
    let partial = make(ipv6: false, tcp: true, tags: 0, payload: 8_000, .partial)
    let offload = try #require(recover(partial.bytes, longest: 8_964))
    #expect(offload.gsoType == Offload.gsoTCPv4 && offload.gsoSize == 1_460)
    #expect(recover(make(ipv6: false, tcp: true, tags: 0, payload: 8_000, .complete).bytes, longest: 8_964) == nil)
  }

  @Test func `behind padding, in fragments and cut short nothing is recovered`() {
    #expect(recover(make(ipv6: false, tcp: false, tags: 0, payload: 3, .partial, padding: 15).bytes) == nil)
    var fragment = make(ipv6: false, tcp: true, tags: 0, payload: 100, .partial).bytes
    fragment[20] = 0x20
    #expect(recover(fragment) == nil)
    let whole = make(ipv6: true, tcp: true, tags: 1, payload: 40, .partial).bytes
    for length in 14..<whole.count { #expect(recover(Array(whole[..<length])) == nil) }
  }
}

@Suite struct FlowHashTests {
  private func hash(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe FlowHash.of($0.baseAddress!, length: $0.count) }
  }

  @Test(arguments: [false, true])
  func `frames of a flow are alike and flows by another port spread over eight`(ipv6: Bool) {
    var places: Set<UInt32> = []
    for port in 0..<64 {
      var one = make(ipv6: ipv6, tcp: true, tags: 0, payload: 10, .complete)
      one.bytes[one.transport + 1] = UInt8(port)
      var two = make(ipv6: ipv6, tcp: true, tags: 0, payload: 900, .partial)
      two.bytes[two.transport + 1] = UInt8(port)
      #expect(hash(one.bytes) == hash(two.bytes))
      places.insert(hash(one.bytes) % 8)
    }
    #expect(places.count == 8)
  }

  @Test func `a packet's fragments go the same way`() {
    var first = make(ipv6: false, tcp: false, tags: 0, payload: 100, .complete).bytes
    first[20] = 0x20
    var second = first
    second[21] = 0x10
    for index in 34..<42 { second[index] = 0xee }
    #expect(hash(first) == hash(second))
  }

  @Test func `other frames are told apart by their MAC addresses`() {
    let one = [UInt8](repeating: 1, count: 60)
    var two = one
    two[5] = 9
    #expect(hash(one) != hash(two))
  }
}
