// Coalescing: segments of a flow that follow each other become one frame with GSO metadata, as by the kernel's GRO
// (Linux: Documentation/networking/segmentation-offloads.rst, net/ipv4/tcp_offload.c). `Segmenter` makes the same
// segments of it, byte for byte, so it is stricter than GRO where that would lose a bit. The exception are packets that are
// never fragmented and all have one identification, as Linux sends them from unconnected UDP sockets and others always:
// the field then means nothing and is to be ignored (RFC 6864, section 4.1), and segments are numbered.
//
//   Ethernet   all bytes equal, VLAN tags included; at most two
//   IPv4       no options, no fragment; TOS, TTL, DF equal; the checksum is right; identification counts up by one, or
//              with DF stays
//   IPv6       TCP or UDP right behind the header; traffic class, flow label, hop limit equal
//   TCP        ports, acknowledgement number, window and options equal; sequence without gap; flags ACK or ACK and PSH
//   UDP        ports equal; there is a checksum; at most 64 datagrams
//   payload    at least a byte, equal lengths, the last may be shorter; the IP packet fills the frame
//   checksum   right in each segment, so that a wrong one arrives as wrong as it was
//
// A shorter segment, or one with PSH, is the last of its run. A frame of the flow that does not fit ends the run.

/// One segment or more that are to become one frame. What they lie in is borrowed as long as the run lives.
@safe
package struct SegmentRun {
  /// The first segment; the frame's headers are made of its.
  package let first: Coalescible
  /// Segments in the run.
  package private(set) var count = 1
  /// Bytes of the frame that it makes.
  package private(set) var length: Int
  /// Nothing more fits.
  package private(set) var isComplete = false
  private var pushes = false
  /// What is added to the identification from one segment to the next: 1, or 0. Known with the second.
  private(set) var step: UInt16 = 1

  /// UDP_MAX_SEGMENTS of `<linux/udp.h>` before Linux 6.9.
  static let mostDatagrams = 64
  /// The longest IP packet, in bytes.
  static let longestPacket = 65_535

  /// - Parameter first: a segment that does not push.
  package init(_ first: Coalescible) {
    self.first = first
    length = first.length
  }

  package var flow: UInt64 { first.flow }
  /// Bytes of payload of all segments.
  var payloadLength: Int { length &- first.headers.payload }

  /// Whether a segment is the next one, as far as its headers tell.
  package func takes(_ next: Coalescible) -> Bool {
    let headers = first.headers
    let (one, other) = unsafe (first.frame, next.frame)
    guard !isComplete, next.headers.network == headers.network, next.headers.payload == headers.payload,
      next.payloadLength <= first.payloadLength,
      length &+ next.payloadLength <= headers.network &+ SegmentRun.longestPacket,
      unsafe isEqual(one, other, at: 0, UInt64.self), unsafe isEqual(one, other, at: 6, UInt64.self),
      unsafe isEqual(one, other, at: headers.network &- 8, UInt64.self)
    else { return false }
    return hasEqualNetwork(next) && hasEqualTransport(next)
  }

  private func hasEqualNetwork(_ next: Coalescible) -> Bool {
    let start = first.headers.network
    let (one, other) = unsafe (first.frame, next.frame)
    guard first.headers.isIPv4 else {
      // All but the payload length.
      return unsafe isEqual(one, other, at: start, UInt32.self) && isEqual(one, other, at: start &+ 6, UInt16.self)
        && isEqual(one, other, at: start &+ 8, UInt64.self) && isEqual(one, other, at: start &+ 16, UInt64.self)
        && isEqual(one, other, at: start &+ 24, UInt64.self) && isEqual(one, other, at: start &+ 32, UInt64.self)
    }
    // All but the total length and the checksum.
    return unsafe isEqual(one, other, at: start, UInt16.self)
      && (identificationStep(to: next) == step &* UInt16(truncatingIfNeeded: count) || count == 1 && mayStay(next))
      && isEqual(one, other, at: start &+ 6, UInt32.self) && isEqual(one, other, at: start &+ 12, UInt64.self)
  }

  /// What the identification of a segment is more than that of the first.
  private func identificationStep(to next: Coalescible) -> UInt16 {
    let place = first.headers.network &+ 4
    return unsafe next.frame.bigEndian(UInt16.self, at: place) &- first.frame.bigEndian(UInt16.self, at: place)
  }

  /// Whether a segment has the identification of the first, and neither is ever fragmented.
  private func mayStay(_ next: Coalescible) -> Bool {
    let dontFragment: UInt8 = 0x40
    return unsafe identificationStep(to: next) == 0
      && first.frame.load(fromByteOffset: first.headers.network &+ 6, as: UInt8.self) & dontFragment != 0
  }

  private func hasEqualTransport(_ next: Coalescible) -> Bool {
    let start = first.headers.transport
    let (one, other) = unsafe (first.frame, next.frame)
    guard unsafe isEqual(one, other, at: start, UInt32.self) else { return false }
    guard first.headers.isTCP else { return true }
    let sent = UInt32(truncatingIfNeeded: payloadLength)
    // All but PSH and the checksum.
    guard
      unsafe other.bigEndian(UInt32.self, at: start &+ 4) == one.bigEndian(UInt32.self, at: start &+ 4) &+ sent
        && isEqual(one, other, at: start &+ 8, UInt32.self) && isEqual(one, other, at: start &+ 14, UInt16.self)
        && isEqual(one, other, at: start &+ 18, UInt16.self)
    else { return false }
    return unsafe hasEqualOptions(other)
  }

  /// Whether a TCP header of the same length has the options of the first.
  @inline(__always)
  func hasEqualOptions(_ frame: UnsafeRawPointer) -> Bool {
    var offset = first.headers.transport &+ SegmentableHeaders.tcpLength
    while offset < first.headers.payload {
      guard unsafe isEqual(first.frame, frame, at: offset, UInt32.self) else { return false }
      offset &+= 4
    }
    return true
  }

  @inline(__always)
  func isEqual<Word: FixedWidthInteger & BitwiseCopyable>(
    _ one: UnsafeRawPointer, _ other: UnsafeRawPointer, at offset: Int, _ word: Word.Type
  ) -> Bool {
    unsafe one.loadUnaligned(fromByteOffset: offset, as: word)
      == other.loadUnaligned(fromByteOffset: offset, as: word)
  }

  /// Adds a segment that the run takes and whose checksums are right.
  package mutating func append(_ next: Coalescible) {
    if count == 1, first.headers.isIPv4 { step = identificationStep(to: next) }
    extend(by: next.payloadLength, pushes: next.pushes)
  }

  /// Counts one segment more, of so many bytes of payload.
  @inline(__always)
  mutating func extend(by payload: Int, pushes: Bool) {
    count &+= 1
    length &+= payload
    self.pushes = pushes
    isComplete = pushes || payload < first.payloadLength || (!first.isTCP && count == SegmentRun.mostDatagrams)
  }

  /// The metadata of the frame: its checksum is partial.
  package var offload: Offload {
    let headers = first.headers
    return Offload(
      flags: Offload.needsChecksum,
      gsoType: headers.isTCP ? (headers.isIPv4 ? Offload.gsoTCPv4 : Offload.gsoTCPv6) : Offload.gsoUDP,
      headerLength: UInt16(truncatingIfNeeded: headers.payload),
      gsoSize: UInt16(truncatingIfNeeded: first.payloadLength),
      checksumStart: UInt16(truncatingIfNeeded: headers.transport),
      checksumOffset: UInt16(truncatingIfNeeded: headers.checksumOffset))
  }

  /// The most bytes that ``writeHeaders(into:)`` writes: Ethernet, two VLAN tags, IPv6, TCP with options.
  package static let mostHeaderBytes = 14 + 8 + 40 + 60

  /// Writes the frame's headers.
  /// - Parameter buffer: at least ``mostHeaderBytes``, not within a segment.
  package func writeHeaders(into buffer: UnsafeMutableRawPointer) {
    let headers = first.headers
    let (network, transport) = (headers.network, headers.transport)
    unsafe buffer.copyMemory(from: first.frame, byteCount: headers.payload)
    if headers.isIPv4 {
      unsafe buffer.setBigEndian(UInt16(truncatingIfNeeded: length &- network), at: network &+ 2)
      unsafe buffer.setBigEndian(UInt16(0), at: network &+ 10)
      var sum = InternetChecksum()
      unsafe sum.add(UnsafeRawPointer(buffer) + network, count: SegmentableHeaders.ipv4Length)
      unsafe buffer.setBigEndian(sum.value, at: network &+ 10)
    } else {
      let payload = length &- network &- SegmentableHeaders.ipv6Length
      unsafe buffer.setBigEndian(UInt16(truncatingIfNeeded: payload), at: network &+ 4)
    }
    if !headers.isTCP {
      unsafe buffer.setBigEndian(UInt16(truncatingIfNeeded: length &- transport), at: transport &+ 4)
    } else if pushes {
      let flags = unsafe buffer.load(fromByteOffset: transport &+ 13, as: UInt8.self)
      unsafe buffer.storeBytes(of: flags | Coalescible.push, toByteOffset: transport &+ 13, as: UInt8.self)
    }
    unsafe buffer.setBigEndian(
      first.pseudoHeader(length: length).folded, at: transport &+ headers.checksumOffset)
  }
}
