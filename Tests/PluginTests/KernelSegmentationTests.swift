import Ethernet
import Glibc
import LinuxIO
import TestSupport
import Testing

// The kernel as a second implementation of segmentation and checksums:
//
//     left (virtio_net_hdr) ── br0 ── right (no header, no offloads)
//
// What comes in by the left TAP as one unfinished frame the kernel must finish itself before the right one can have it.

@Suite struct KernelSegmentationTests {
  @Test(
    .enabled(if: PrivateNetwork.isPossible, "needs root"),
    arguments: [(true, true), (true, false), (false, true), (false, false)])
  func `segments are byte for byte those of the kernel`(isIPv4: Bool, isTCP: Bool) async {
    await #expect(processExitsWith: .success) { [isIPv4 = isIPv4 as Bool, isTCP = isTCP as Bool] in
      let bridge = try TapBridge()
      var random = SeededGenerator(state: (isIPv4 ? 1 : 0) + (isTCP ? 2 : 0))
      for round in 0..<60 {
        var packet = UnfinishedPacket(isIPv4: isIPv4, isTCP: isTCP, &random)
        if round == 0 { packet.payload = random.bytes(65_535 - 500) }
        let size = max(packet.payload.count / Int.random(in: 2...46, using: &random), 1)
        let offload = packet.offload(segmentSize: size)
        let ours = cut(packet.frame, offload)
        try bridge.left.write(packet.frame, offload)
        #expect(try bridge.right.read(ours.count) == ours, "round \(round)")
      }
    }
  }

  @Test(
    .enabled(if: PrivateNetwork.isPossible, "needs root"),
    arguments: [(true, true), (true, false), (false, true), (false, false)])
  func `completed checksums are those of the kernel`(isIPv4: Bool, isTCP: Bool) async {
    await #expect(processExitsWith: .success) { [isIPv4 = isIPv4 as Bool, isTCP = isTCP as Bool] in
      let bridge = try TapBridge()
      var random = SeededGenerator(state: 9)
      for round in 0..<60 {
        var packet = UnfinishedPacket(isIPv4: isIPv4, isTCP: isTCP, &random)
        packet.payload.removeLast(packet.payload.count - min(packet.payload.count, 1_300))
        // Every other one is made so that its checksum comes out as 0.
        if round & 1 == 0 { packet.zeroChecksum() }
        let offload = packet.offload(segmentSize: nil)
        var frame = packet.frame
        let isDone = unsafe frame.withUnsafeMutableBytes {
          unsafe offload.completeChecksum(of: $0.baseAddress!, length: $0.count)
        }
        #expect(isDone)
        try bridge.left.write(packet.frame, offload)
        #expect(try bridge.right.read(1) == [frame], "round \(round)")
      }
    }
  }
}

/// The two TAPs and their bridge, in a network of their own. For a process of its own.
private final class TapBridge {
  let left: TestTap
  let right: TestTap

  init() throws {
    try PrivateNetwork.enter()
    left = try TestTap("left", hasHeader: true)
    right = try TestTap("right", hasHeader: false)
    PrivateNetwork.ip("link add br0 type bridge mcast_snooping 0")
    for name in ["br0", "left", "right"] {
      PrivateNetwork.ip("link set \(name) addrgenmode none")
      if name != "br0" { PrivateNetwork.ip("link set \(name) master br0 mtu 9000") }
      PrivateNetwork.ip("link set \(name) up")
    }
    // Until both are forwarding.
    let probe = [UInt8](repeating: 0xff, count: 6) + [2, 0, 0, 0, 0, 9, 0x88, 0xb5] + [UInt8](repeating: 0, count: 50)
    for _ in 0..<100 where !right.isReadable(milliseconds: 20) { try left.write(probe, Offload()) }
    while right.isReadable(milliseconds: 50) { _ = try right.read(1) }
  }
}

private final class TestTap {
  private let device: TapDevice
  private let hasHeader: Bool

  init(_ name: String, hasHeader: Bool) throws {
    device = try TapDevice(attaching: name, hasHeader: hasHeader)
    self.hasHeader = hasHeader
    if hasHeader { _ = try device.negotiate([.checksum, .tcp, .udp]) }
  }

  func write(_ frame: [UInt8], _ offload: Offload) throws {
    var bytes: [UInt8] = [offload.flags, offload.gsoType]
    for word in [offload.headerLength, offload.gsoSize, offload.checksumStart, offload.checksumOffset] {
      bytes += [UInt8(word & 0xff), UInt8(word >> 8)]
    }
    bytes += frame
    let written = unsafe Glibc.write(device.descriptor.number, bytes, bytes.count)
    try #require(written == bytes.count, "errno \(errno)")
  }

  /// So many frames, or fewer if no more come, and one more if one does.
  func read(_ count: Int) throws -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var buffer = [UInt8](repeating: 0, count: 70_000)
    while frames.count <= count, isReadable(milliseconds: frames.count < count ? 1_000 : 1) {
      let length = unsafe Glibc.read(device.descriptor.number, &buffer, buffer.count)
      try #require(length > 0)
      frames.append(Array(buffer[..<length]))
    }
    return frames
  }

  func isReadable(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: device.descriptor.number, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, milliseconds) == 1
  }
}

/// A random frame of TCP or UDP with a partial checksum, as a guest's kernel hands it to a virtio device.
private struct UnfinishedPacket {
  private let isIPv4: Bool
  private let isTCP: Bool
  /// Up to the TCP or UDP header.
  private var head: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
  private var network = 0
  private var transport: [UInt8]
  var payload: [UInt8]

  init(isIPv4: Bool, isTCP: Bool, _ random: inout SeededGenerator) {
    self.isIPv4 = isIPv4
    self.isTCP = isTCP
    payload = random.bytes(Int.random(in: 200...30_000, using: &random))
    // One service tag around one customer tag, or one customer tag.
    let tags = Int.random(in: 0...2, using: &random)
    if tags == 2 { head += [0x88, 0xa8, 0, 7] }
    if tags > 0 { head += [0x81, 0x00, 0x60, 9] }
    let number: UInt8 = isTCP ? 6 : 17
    if isIPv4 {
      // No-operation options: what others mean the bridge must not care about.
      let options = [UInt8](repeating: 1, count: 4 * Int.random(in: 0...10, using: &random))
      head += [0x08, 0x00]
      network = head.count
      head += [UInt8(0x45 + options.count / 4), 0x02, 0, 0] + random.bytes(2) + [0x40, 0, 63, number, 0, 0]
      head += [10, 1, 1, 1, 10, 2, 2, 2] + options
    } else {
      let options: [UInt8] = Bool.random(using: &random) ? [number, 0, 1, 4, 0, 0, 0, 0] : []
      head += [0x86, 0xdd]
      network = head.count
      head += [0x60, 0x2a, 0xbc, 0xde, 0, 0, options.isEmpty ? number : 60, 64]
      head += [0xfd] + random.bytes(15) + [0xfd] + random.bytes(15) + options
    }
    if isTCP {
      let options = [UInt8](repeating: 1, count: 4 * Int.random(in: 0...10, using: &random))
      transport = [0x12, 0x34, 0, 80] + random.bytes(8) + [UInt8(5 + options.count / 4) << 4]
      // FIN, PSH, ACK, URG, ECE and CWR in any mixture.
      transport += [random.bytes(1)[0] & 0xf9] + random.bytes(2) + [0, 0, 0, 0] + options
    } else {
      transport = [0x12, 0x34, 0, 80, 0, 0, 0, 0]
    }
  }

  private var checksumPlace: Int { isTCP ? 16 : 6 }

  /// Lengths, IPv4's checksum and the pseudo-header's sum in their places.
  var frame: [UInt8] {
    var head = head
    var transport = transport
    let length = transport.count + payload.count
    if isIPv4 {
      Self.set(UInt16(head.count - network + length), &head, network + 2)
      Self.set(Self.sum(Array(head[network...]), 0).value, &head, network + 10)
    } else {
      Self.set(UInt16(head.count - network - 40 + length), &head, network + 4)
    }
    if !isTCP { Self.set(UInt16(length), &transport, 4) }
    let addresses = isIPv4 ? network + 12..<network + 20 : network + 8..<network + 40
    Self.set(
      Self.sum(Array(head[addresses]), UInt16(length), isTCP ? 6 : 17).folded, &transport, checksumPlace)
    return head + transport + payload
  }

  /// Changes two bytes of the payload so that the sum of everything is 0xffff.
  mutating func zeroChecksum() {
    if payload.count & 1 == 1 { payload.removeLast() }
    payload[0...1] = [0, 0]
    let frame = frame
    let folded = Self.sum(Array(frame[head.count...]), 0).value
    payload[0...1] = [UInt8(folded >> 8), UInt8(folded & 0xff)]
  }

  /// - Parameter segmentSize: bytes of payload in a segment; nil: only the checksum is to be completed.
  func offload(segmentSize: Int?) -> Offload {
    let isECN = isTCP && transport[13] & 0x80 != 0
    let type = isTCP ? (isIPv4 ? Offload.gsoTCPv4 : Offload.gsoTCPv6) | (isECN ? Offload.gsoECN : 0) : Offload.gsoUDP
    return Offload(
      flags: Offload.needsChecksum, gsoType: segmentSize == nil ? Offload.gsoNone : type,
      headerLength: UInt16(head.count + transport.count), gsoSize: UInt16(segmentSize ?? 0),
      checksumStart: UInt16(head.count), checksumOffset: UInt16(checksumPlace))
  }

  private static func sum(_ bytes: [UInt8], _ words: UInt16...) -> InternetChecksum {
    var sum = InternetChecksum()
    unsafe bytes.withUnsafeBytes { unsafe sum.add($0.baseAddress!, count: $0.count) }
    for word in words { sum.add(word) }
    return sum
  }

  private static func set(_ word: UInt16, _ bytes: inout [UInt8], _ place: Int) {
    bytes[place...place + 1] = [UInt8(word >> 8), UInt8(word & 0xff)]
  }
}
