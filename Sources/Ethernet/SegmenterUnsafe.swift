// Segmentation in software, for a port that takes no GSO frames. A frame with GSO metadata stands for a row of frames
// that differ as the sender's own stack would have made them (Linux: Documentation/networking/segmentation-offloads.rst):
//
//   IPv4   total length, identification counting up by one, header checksum
//   IPv6   payload length
//   TCP    sequence number, FIN and PSH only on the last, CWR only on the first, checksum
//   UDP    length, checksum
//
// Everything is computed from the frame itself; of the metadata only type and segment size are used, the rest must not
// contradict the frame.
//
// Only headers are written: a segment's payload stays where the frame's is. What the headers of all segments share is
// summed up once, so that a checksum costs one pass over the payload, which the caller makes.

/// Cuts a GSO frame into its segments: writes their headers, one after the other.
@safe package struct Segmenter {
  private let frame: UnsafeRawPointer
  private let length: Int
  private let headers: SegmentableHeaders
  private let segmentPayload: Int
  /// Of IPv4: the sum of the header without total length and identification.
  private let networkSum: UInt32
  /// The sum of the pseudo-header without the length, and of the TCP or UDP header without what differs.
  private let transportSum: UInt32
  // Of the frame's headers, what counts up or changes: of IPv4 the identification, of TCP the sequence number and the
  // word with the flags.
  private var identification: UInt16
  private var sequence: UInt32
  private var flags: UInt16
  private var position: Int
  private var isFirst = true

  /// The most segments that a UDP frame may stand for: UDP_MAX_SEGMENTS of `<linux/udp.h>`.
  package static let mostDatagrams = 128

  // Flags of TCP (RFC 9293, section 3.1).
  private static let finishAndPush: UInt16 = 0x09
  private static let windowReduced: UInt16 = 0x80

  /// - Parameters:
  ///   - frame: the frame's first bytes, all its headers among them, contiguous, valid until the last
  ///     ``next(into:payload:)``.
  ///   - available: how many.
  ///   - length: bytes of the whole frame.
  ///   - offload: its metadata.
  /// - Returns: nil if the metadata is not about GSO, is malformed, or does not fit the frame.
  package init?(_ frame: UnsafeRawPointer, available: Int, length: Int, offload: Offload) {
    guard offload.gsoType != Offload.gsoNone, offload.isPlausible(length: length),
      let headers = unsafe SegmentableHeaders(frame, length: available, offload: offload)
    else { return nil }
    unsafe self.frame = unsafe frame
    self.length = length
    self.headers = headers
    segmentPayload = Int(offload.gsoSize)
    position = headers.payload
    networkSum = unsafe Segmenter.networkSum(frame, headers)
    transportSum = unsafe Segmenter.transportSum(frame, headers)
    identification = headers.isIPv4 ? unsafe frame.bigEndian(UInt16.self, at: headers.network + 4) : 0
    sequence = headers.isTCP ? unsafe frame.bigEndian(UInt32.self, at: headers.transport + 4) : 0
    flags = headers.isTCP ? unsafe frame.bigEndian(UInt16.self, at: headers.transport + 12) : 0
    // The lengths of a segment must fit the 16-bit fields of its headers.
    let counted = headers.network + (headers.isIPv4 ? 0 : SegmentableHeaders.ipv6Length)
    guard largestSegment - counted <= 0xffff else { return nil }
    guard headers.isTCP || segmentCount <= Segmenter.mostDatagrams else { return nil }
  }

  /// How many segments the frame stands for; at least 1.
  package var segmentCount: Int { max(1, (length - headers.payload + segmentPayload - 1) / segmentPayload) }

  /// Bytes of the longest segment, headers included.
  package var largestSegment: Int { headers.payload + min(segmentPayload, length - headers.payload) }

  /// Bytes of headers, the same for all segments.
  package var headerLength: Int { headers.payload }

  /// Bytes of the next segment's payload, which lies behind the one before; nil after the last segment.
  package var nextPayload: Int? { isFirst || position < length ? min(segmentPayload, length &- position) : nil }

  /// Writes the headers of the next segment; there must be one.
  /// - Parameters:
  ///   - buffer: where to: ``headerLength`` bytes, not within the frame.
  ///   - count: its ``nextPayload``.
  ///   - payload: the sum of its payload.
  package mutating func next(into buffer: UnsafeMutableRawPointer, count: Int, payload: InternetChecksum) {
    assert(count == nextPayload, "there is no such segment")
    unsafe buffer.copyMemory(from: frame, byteCount: headers.payload)
    let segmentLength = headers.payload &+ count
    position &+= count
    unsafe finishNetworkHeader(buffer, length: segmentLength)
    let transportLength = UInt16(truncatingIfNeeded: segmentLength &- headers.transport)
    // Headers are of an even length (RFC 1071, section 2, B): the payload's sum is in its place.
    let sum = transportSum &+ UInt32(payload.folded) &+ UInt32(transportLength)
    if headers.isTCP {
      unsafe finishTCPHeader(buffer, sum)
      sequence &+= UInt32(truncatingIfNeeded: count)
    } else {
      let value = ~Segmenter.folded(sum &+ UInt32(transportLength))
      unsafe buffer.setBigEndian(transportLength, at: headers.transport &+ 4)
      unsafe buffer.setBigEndian(value == 0 ? 0xffff : value, at: headers.transport &+ 6)
    }
    isFirst = false
  }

  @inline(__always)
  private mutating func finishNetworkHeader(_ segment: UnsafeMutableRawPointer, length: Int) {
    let network = headers.network
    guard headers.isIPv4 else {
      let payload = length &- network &- SegmentableHeaders.ipv6Length
      return unsafe segment.setBigEndian(UInt16(truncatingIfNeeded: payload), at: network &+ 4)
    }
    let total = UInt16(truncatingIfNeeded: length &- network)
    let sum = networkSum &+ UInt32(total) &+ UInt32(identification)
    unsafe segment.setBigEndian(UInt32(total) << 16 | UInt32(identification), at: network &+ 2)
    unsafe segment.setBigEndian(~Segmenter.folded(sum), at: network &+ 10)
    identification &+= 1
  }

  /// - Parameter sum: of all but the sequence number and the word with the flags.
  @inline(__always)
  private mutating func finishTCPHeader(_ segment: UnsafeMutableRawPointer, _ sum: UInt32) {
    let transport = headers.transport
    let word = position == length ? flags : flags & ~Segmenter.finishAndPush
    let value = ~Segmenter.folded(sum &+ (sequence >> 16) &+ (sequence & 0xffff) &+ UInt32(word))
    unsafe segment.setBigEndian(sequence, at: transport &+ 4)
    unsafe segment.setBigEndian(word, at: transport &+ 12)
    unsafe segment.setBigEndian(value, at: transport &+ 16)
    flags &= ~Segmenter.windowReduced
  }

  /// The one's complement sum of a few 16-bit words that have been added up.
  @inline(__always)
  private static func folded(_ sum: UInt32) -> UInt16 {
    let once = (sum & 0xffff) &+ (sum >> 16)
    return UInt16(truncatingIfNeeded: once &+ (once >> 16))
  }

  private static func networkSum(_ frame: UnsafeRawPointer, _ headers: SegmentableHeaders) -> UInt32 {
    var sum = InternetChecksum()
    guard headers.isIPv4 else { return 0 }
    let header = unsafe frame + headers.network
    unsafe sum.add(header, count: Int(header.load(as: UInt8.self) & 0xf) * 4)
    unsafe sum.subtract(header.bigEndian(UInt16.self, at: 2))
    unsafe sum.subtract(header.bigEndian(UInt16.self, at: 4))
    unsafe sum.subtract(header.bigEndian(UInt16.self, at: 10))
    return UInt32(sum.folded)
  }

  private static func transportSum(_ frame: UnsafeRawPointer, _ headers: SegmentableHeaders) -> UInt32 {
    var sum = InternetChecksum()
    let addresses = headers.network + (headers.isIPv4 ? 12 : 8)
    unsafe sum.add(frame + addresses, count: headers.isIPv4 ? 8 : 32)
    sum.add(UInt16(headers.isTCP ? SegmentableHeaders.tcpProtocol : SegmentableHeaders.udpProtocol))
    let header = unsafe frame + headers.transport
    unsafe sum.add(header, count: headers.payload - headers.transport)
    unsafe sum.subtract(header.bigEndian(UInt16.self, at: headers.checksumOffset))
    // Of TCP the sequence number and the word with the flags, of UDP the length.
    unsafe sum.subtract(header.bigEndian(UInt16.self, at: 4))
    if headers.isTCP {
      unsafe sum.subtract(header.bigEndian(UInt16.self, at: 6))
      unsafe sum.subtract(header.bigEndian(UInt16.self, at: 12))
    }
    return UInt32(sum.folded)
  }
}
