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
  /// Of IPv4: the header without total length and identification.
  private let networkSum: InternetChecksum
  /// The pseudo-header without the length, and the TCP or UDP header without what differs.
  private let transportSum: InternetChecksum
  private var position: Int
  private var index = 0

  /// The most segments that a UDP frame may stand for: UDP_MAX_SEGMENTS of `<linux/udp.h>`.
  package static let mostDatagrams = 128

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
  package var nextPayload: Int? { index == 0 || position < length ? min(segmentPayload, length &- position) : nil }

  /// Writes the headers of the next segment; there must be one.
  /// - Parameters:
  ///   - buffer: where to: ``headerLength`` bytes, not within the frame.
  ///   - payload: the sum of its ``nextPayload`` bytes of payload.
  package mutating func next(into buffer: UnsafeMutableRawPointer, payload: InternetChecksum) {
    guard let count = nextPayload else { preconditionFailure("there is no further segment") }
    let segmentLength = headers.payload &+ count
    unsafe buffer.copyMemory(from: frame, byteCount: headers.payload)
    unsafe finishNetworkHeader(buffer, length: segmentLength)
    var sum = transportSum
    sum.add(payload)
    let transportLength = UInt16(truncatingIfNeeded: segmentLength &- headers.transport)
    sum.add(transportLength)
    if headers.isTCP {
      unsafe finishTCPHeader(buffer, isLast: position &+ count == length, &sum)
    } else {
      sum.add(transportLength)
      unsafe buffer.setBigEndian(transportLength, at: headers.transport &+ 4)
    }
    unsafe buffer.setBigEndian(
      headers.isTCP ? sum.value : sum.nonzeroValue, at: headers.transport &+ headers.checksumOffset)
    position &+= count
    index &+= 1
  }

  private func finishNetworkHeader(_ segment: UnsafeMutableRawPointer, length: Int) {
    let network = headers.network
    guard headers.isIPv4 else {
      let payload = length &- network &- SegmentableHeaders.ipv6Length
      return unsafe segment.setBigEndian(UInt16(truncatingIfNeeded: payload), at: network &+ 4)
    }
    let first = unsafe frame.bigEndian(UInt16.self, at: network &+ 4)
    let identification = first &+ UInt16(truncatingIfNeeded: index)
    let total = UInt16(truncatingIfNeeded: length &- network)
    var sum = networkSum
    sum.add(total)
    sum.add(identification)
    unsafe segment.setBigEndian(total, at: network &+ 2)
    unsafe segment.setBigEndian(identification, at: network &+ 4)
    unsafe segment.setBigEndian(sum.value, at: network &+ 10)
  }

  private func finishTCPHeader(_ segment: UnsafeMutableRawPointer, isLast: Bool, _ sum: inout InternetChecksum) {
    let transport = headers.transport
    let finishAndPush: UInt16 = 0x09
    let windowReduced: UInt16 = 0x80
    let sent = UInt32(truncatingIfNeeded: position &- headers.payload)
    let sequence = unsafe frame.bigEndian(UInt32.self, at: transport &+ 4) &+ sent
    // The header's length, and the flags.
    var word = unsafe frame.bigEndian(UInt16.self, at: transport &+ 12)
    if !isLast { word &= ~finishAndPush }
    if index > 0 { word &= ~windowReduced }
    sum.add(UInt16(truncatingIfNeeded: sequence >> 16))
    sum.add(UInt16(truncatingIfNeeded: sequence))
    sum.add(word)
    unsafe segment.setBigEndian(sequence, at: transport &+ 4)
    unsafe segment.setBigEndian(word, at: transport &+ 12)
  }

  private static func networkSum(_ frame: UnsafeRawPointer, _ headers: SegmentableHeaders) -> InternetChecksum {
    var sum = InternetChecksum()
    guard headers.isIPv4 else { return sum }
    let header = unsafe frame + headers.network
    unsafe sum.add(header, count: Int(header.load(as: UInt8.self) & 0xf) * 4)
    unsafe sum.subtract(header.bigEndian(UInt16.self, at: 2))
    unsafe sum.subtract(header.bigEndian(UInt16.self, at: 4))
    unsafe sum.subtract(header.bigEndian(UInt16.self, at: 10))
    return sum
  }

  private static func transportSum(_ frame: UnsafeRawPointer, _ headers: SegmentableHeaders) -> InternetChecksum {
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
    return sum
  }
}
