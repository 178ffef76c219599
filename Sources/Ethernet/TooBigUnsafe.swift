// What a router says of a packet that the next link does not carry, said by a switch in the destination's name: hosts
// take it from whom they sent to, and a switch has no address of its own.
//
//   IPv4   ICMP type 3, code 4, with the MTU (RFC 792, RFC 1191, section 4), to packets with DF
//   IPv6   ICMPv6 type 2 (RFC 4443, section 3.2), to all: nobody fragments on the way
//
//   Ethernet, addresses swapped | tags as they came | IP, addresses swapped | ICMP | as much of the packet as has room
//
// Nothing is said (RFC 1122, section 3.2.2; RFC 4443, section 2.4 e) of frames and packets to groups or from addresses
// that name no host, of ICMP errors, and of later fragments. IPv6 has 1,280 bytes everywhere (RFC 8200, section 5): no
// less is asked for, and a packet that is no longer than that is not answered.

/// The answer to one frame that is too long.
package struct TooBig: Sendable {
  private let isIPv4: Bool
  /// Bytes before the IP header.
  private let network: Int
  /// The longest packet that would have passed, in bytes.
  package let mtu: Int

  /// The most bytes that an answer has.
  package static let mostBytes = FrameHeader.length + 2 * FrameHeader.tagLength + leastIPv6MTU
  /// Bytes of a frame's beginning with which every answer is complete.
  package static let wantedBytes = mostBytes

  /// The most bytes of an answer's packet (RFC 1812, section 4.3.2.3; RFC 4443, section 2.4 c).
  private static let mostIPv4Bytes = 576
  private static let leastIPv6MTU = 1_280
  /// RFC 791, section 3.2.
  private static let leastIPv4MTU = 68
  private static let icmpLength = 8

  /// Looks whether the frame is to be answered.
  /// - Parameters:
  ///   - frame: the frame's first bytes, contiguous.
  ///   - available: how many: all, or at least ``wantedBytes``.
  ///   - segmentLength: bytes of the longest frame that it stands for.
  ///   - limit: bytes of the longest frame that passes.
  package init?(_ frame: UnsafeRawPointer, available: Int, segmentLength: Int, limit: Int) {
    guard let (type, network) = unsafe networkHeader(frame, length: available) else { return nil }
    guard unsafe frame.load(as: UInt8.self) & 1 == 0 else { return nil }
    self.network = network
    isIPv4 = type == .ipv4
    switch type {
    case .ipv4:
      mtu = limit - network
      guard mtu >= TooBig.leastIPv4MTU,
        unsafe TooBig.answersIPv4(frame + network, count: available - network, mtu: mtu)
      else { return nil }
    case .ipv6:
      mtu = max(limit - network, TooBig.leastIPv6MTU)
      guard segmentLength - network > mtu,
        unsafe TooBig.answersIPv6(frame + network, count: available - network, mtu: mtu)
      else { return nil }
    default: return nil
    }
  }

  private static func answersIPv4(_ packet: UnsafeRawPointer, count: Int, mtu: Int) -> Bool {
    guard count >= SegmentableHeaders.ipv4Length else { return false }
    let first = unsafe packet.load(as: UInt8.self)
    let headerLength = Int(first & 0xf) * 4
    guard first >> 4 == 4, headerLength >= SegmentableHeaders.ipv4Length, headerLength < count else { return false }
    // What is too long is the packet, and not something behind it.
    guard unsafe Int(packet.bigEndian(UInt16.self, at: 2)) > mtu else { return false }
    let fragment = unsafe packet.bigEndian(UInt16.self, at: 6)
    guard fragment & 0x4000 != 0, fragment & 0x1fff == 0 else { return false }
    let source = unsafe packet.bigEndian(UInt32.self, at: 12)
    let destination = unsafe packet.bigEndian(UInt32.self, at: 16)
    guard isHost(source), isHost(destination), source != destination else { return false }
    let icmp: UInt8 = 1
    guard unsafe packet.load(fromByteOffset: 9, as: UInt8.self) == icmp else { return true }
    // Unreachable, source quench, redirect, time exceeded, parameter problem.
    return unsafe ![3, 4, 5, 11, 12].contains(packet.load(fromByteOffset: headerLength, as: UInt8.self))
  }

  /// Neither of network 0, loopback, a group, reserved nor everyone (RFC 1122, section 3.2.1.3).
  private static func isHost(_ address: UInt32) -> Bool {
    let network = address >> 24
    return network != 0 && network != 127 && network < 224
  }

  private static func answersIPv6(_ packet: UnsafeRawPointer, count: Int, mtu: Int) -> Bool {
    guard count >= SegmentableHeaders.ipv6Length, unsafe packet.load(as: UInt8.self) >> 4 == 6 else { return false }
    let payload = unsafe Int(packet.bigEndian(UInt16.self, at: 4))
    guard payload + SegmentableHeaders.ipv6Length > mtu else { return false }
    guard unsafe isIPv6Host(packet + 8), unsafe isIPv6Host(packet + 24) else { return false }
    let icmp: UInt8 = 58
    let redirect: UInt8 = 137
    var next = unsafe packet.load(fromByteOffset: 6, as: UInt8.self)
    var offset = SegmentableHeaders.ipv6Length
    while let length = unsafe extensionLength(next, packet, at: offset, count: count) {
      next = unsafe packet.load(fromByteOffset: offset, as: UInt8.self)
      offset += length
    }
    guard next == icmp else { return true }
    guard offset < count else { return false }
    let type = unsafe packet.load(fromByteOffset: offset, as: UInt8.self)
    return type >= 128 && type != redirect
  }

  /// Neither unspecified, loopback nor a group.
  private static func isIPv6Host(_ address: UnsafeRawPointer) -> Bool {
    let high = unsafe address.bigEndian(UInt64.self, at: 0)
    let low = unsafe address.bigEndian(UInt64.self, at: 8)
    return high >> 56 != 0xff && (high != 0 || low > 1)
  }

  /// Bytes of an extension header before which others may stand (RFC 8200, section 4); nil: it is none, or the payload
  /// behind it cannot be told: it does not fit, or is that of a later fragment.
  private static func extensionLength(
    _ number: UInt8, _ packet: UnsafeRawPointer, at offset: Int, count: Int
  ) -> Int? {
    guard offset + 8 <= count else { return nil }
    let size = unsafe Int(packet.load(fromByteOffset: offset + 1, as: UInt8.self))
    switch number {
    // Hop-by-hop, routing and destination options.
    case 0, 43, 60: return 8 * (size + 1)
    case 44: return unsafe packet.bigEndian(UInt16.self, at: offset + 2) & 0xfff8 == 0 ? 8 : nil
    // Authentication (RFC 4302, section 2.2).
    case 51: return 4 * (size + 2)
    default: return nil
    }
  }

  /// Writes the answer, a whole frame.
  /// - Parameters:
  ///   - buffer: room for ``mostBytes``, not within the frame.
  ///   - frame: the bytes that the answer was made for.
  ///   - available: how many.
  /// - Returns: its length in bytes.
  package func write(into buffer: UnsafeMutableRawPointer, about frame: UnsafeRawPointer, available: Int) -> Int {
    // Destination and source change places; tags and type stay.
    unsafe buffer.copyMemory(from: frame + 6, byteCount: 6)
    unsafe (buffer + 6).copyMemory(from: frame, byteCount: 6)
    unsafe (buffer + 12).copyMemory(from: frame + 12, byteCount: network - 12)
    let header = isIPv4 ? SegmentableHeaders.ipv4Length : SegmentableHeaders.ipv6Length
    let most = (isIPv4 ? TooBig.mostIPv4Bytes : TooBig.leastIPv6MTU) - header - TooBig.icmpLength
    let quoted = min(available - network, most)
    let packet = unsafe buffer + network
    let icmp = unsafe packet + header
    unsafe (icmp + TooBig.icmpLength).copyMemory(from: frame + network, byteCount: quoted)
    let length = TooBig.icmpLength + quoted
    unsafe isIPv4 ? finishIPv4(packet, icmp, length) : finishIPv6(packet, icmp, length)
    return network + header + length
  }

  /// - Parameter length: bytes of the ICMP message.
  private func finishIPv4(_ packet: UnsafeMutableRawPointer, _ icmp: UnsafeMutableRawPointer, _ length: Int) {
    let original = unsafe icmp + TooBig.icmpLength
    // Internetwork control (RFC 1812, section 4.3.2.5), not to be fragmented, 64 hops, ICMP.
    unsafe packet.setBigEndian(0x45c0 as UInt16, at: 0)
    unsafe packet.setBigEndian(UInt16(SegmentableHeaders.ipv4Length + length), at: 2)
    unsafe packet.setBigEndian(0x0000_4000 as UInt32, at: 4)
    unsafe packet.setBigEndian(0x4001_0000 as UInt32, at: 8)
    unsafe (packet + 12).copyMemory(from: original + 16, byteCount: 4)
    unsafe (packet + 16).copyMemory(from: original + 12, byteCount: 4)
    var sum = InternetChecksum()
    unsafe sum.add(UnsafeRawPointer(packet), count: SegmentableHeaders.ipv4Length)
    unsafe packet.setBigEndian(sum.value, at: 10)
    unsafe icmp.setBigEndian(0x0304_0000 as UInt32, at: 0)
    unsafe icmp.setBigEndian(UInt32(UInt16(clamping: mtu)), at: 4)
    var message = InternetChecksum()
    unsafe message.add(UnsafeRawPointer(icmp), count: length)
    unsafe icmp.setBigEndian(message.value, at: 2)
  }

  /// - Parameter length: bytes of the ICMPv6 message.
  private func finishIPv6(_ packet: UnsafeMutableRawPointer, _ icmp: UnsafeMutableRawPointer, _ length: Int) {
    let original = unsafe icmp + TooBig.icmpLength
    // ICMPv6, 64 hops.
    unsafe packet.setBigEndian(0x6000_0000 as UInt32, at: 0)
    unsafe packet.setBigEndian(UInt16(length), at: 4)
    unsafe packet.setBigEndian(0x3a40 as UInt16, at: 6)
    unsafe (packet + 8).copyMemory(from: original + 24, byteCount: 16)
    unsafe (packet + 24).copyMemory(from: original + 8, byteCount: 16)
    unsafe icmp.setBigEndian(0x0200_0000 as UInt32, at: 0)
    unsafe icmp.setBigEndian(UInt32(mtu), at: 4)
    var sum = InternetChecksum()
    unsafe sum.add(UnsafeRawPointer(packet) + 8, count: 32)
    sum.add(UInt16(length))
    sum.add(58)
    unsafe sum.add(UnsafeRawPointer(icmp), count: length)
    unsafe icmp.setBigEndian(sum.value, at: 2)
  }
}
