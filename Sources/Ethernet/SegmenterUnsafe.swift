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

/// Cuts a GSO frame into its segments, one at a time into the caller's buffer.
@safe package struct Segmenter {
  private let frame: UnsafeRawPointer
  private let length: Int
  private let headers: SegmentableHeaders
  private let segmentPayload: Int
  /// The part of the pseudo-header that all segments share: addresses and protocol.
  private let pseudoHeader: InternetChecksum
  private var position: Int
  private var index = 0

  /// The most segments that a UDP frame may stand for: UDP_MAX_SEGMENTS of `<linux/udp.h>`.
  package static let mostDatagrams = 128

  /// - Parameters:
  ///   - frame: the whole frame, contiguous, valid until the last ``next(into:capacity:)``.
  ///   - length: its length in bytes.
  ///   - offload: its metadata.
  /// - Returns: nil if the metadata is not about GSO, is malformed, or does not fit the frame.
  package init?(_ frame: UnsafeRawPointer, length: Int, offload: Offload) {
    guard offload.gsoType != Offload.gsoNone, offload.isPlausible(length: length),
      let headers = unsafe SegmentableHeaders(frame, length: length, offload: offload)
    else { return nil }
    unsafe self.frame = unsafe frame
    self.length = length
    self.headers = headers
    segmentPayload = Int(offload.gsoSize)
    position = headers.payload
    let isIPv4 = headers.isIPv4
    let addresses = headers.network + (isIPv4 ? 12 : 8)
    var sum = InternetChecksum()
    unsafe sum.add(frame + addresses, count: isIPv4 ? 8 : 32)
    sum.add(UInt16(headers.isTCP ? SegmentableHeaders.tcpProtocol : SegmentableHeaders.udpProtocol))
    pseudoHeader = sum
    // The lengths of a segment must fit the 16-bit fields of its headers.
    let counted = headers.network + (isIPv4 ? 0 : SegmentableHeaders.ipv6Length)
    guard largestSegment - counted <= 0xffff else { return nil }
    guard headers.isTCP || segmentCount <= Segmenter.mostDatagrams else { return nil }
  }

  /// How many segments the frame stands for; at least 1.
  package var segmentCount: Int { max(1, (length - headers.payload + segmentPayload - 1) / segmentPayload) }

  /// Bytes of the longest segment, headers included.
  package var largestSegment: Int { headers.payload + min(segmentPayload, length - headers.payload) }

  /// Writes the next segment.
  /// - Parameters:
  ///   - buffer: where to; not within the frame.
  ///   - capacity: its size in bytes, at least ``largestSegment``.
  /// - Returns: the bytes written; 0 after the last segment.
  package mutating func next(into buffer: UnsafeMutableRawPointer, capacity: Int) -> Int {
    guard index == 0 || position < length else { return 0 }
    // A shorter buffer is the caller's fault, and would be written beyond its end.
    precondition(capacity >= largestSegment, "the buffer is shorter than a segment")
    let count = min(segmentPayload, length - position)
    let segmentLength = headers.payload + count
    unsafe buffer.copyMemory(from: frame, byteCount: headers.payload)
    unsafe (buffer + headers.payload).copyMemory(from: frame + position, byteCount: count)
    unsafe finishNetworkHeader(buffer, length: segmentLength)
    if headers.isTCP {
      unsafe finishTCPHeader(buffer, isLast: position + count == length)
    } else {
      unsafe buffer.setBigEndian(UInt16(segmentLength - headers.transport), at: headers.transport + 4)
    }
    unsafe writeChecksum(buffer, length: segmentLength)
    position += count
    index += 1
    return segmentLength
  }

  private func finishNetworkHeader(_ segment: UnsafeMutableRawPointer, length: Int) {
    let network = headers.network
    guard headers.isIPv4 else {
      unsafe segment.setBigEndian(UInt16(length - network - SegmentableHeaders.ipv6Length), at: network + 4)
      return
    }
    let identification = unsafe UnsafeRawPointer(segment).bigEndian(UInt16.self, at: network + 4)
    unsafe segment.setBigEndian(UInt16(length - network), at: network + 2)
    unsafe segment.setBigEndian(identification &+ UInt16(truncatingIfNeeded: index), at: network + 4)
    unsafe segment.setBigEndian(UInt16(0), at: network + 10)
    let headerLength = unsafe Int(segment.load(fromByteOffset: network, as: UInt8.self) & 0xf) * 4
    var sum = InternetChecksum()
    unsafe sum.add(UnsafeRawPointer(segment) + network, count: headerLength)
    unsafe segment.setBigEndian(sum.value, at: network + 10)
  }

  private func finishTCPHeader(_ segment: UnsafeMutableRawPointer, isLast: Bool) {
    let transport = headers.transport
    let finish: UInt8 = 0x01
    let push: UInt8 = 0x08
    let windowReduced: UInt8 = 0x80
    let sequence = unsafe UnsafeRawPointer(segment).bigEndian(UInt32.self, at: transport + 4)
    let sent = UInt32(truncatingIfNeeded: position - headers.payload)
    unsafe segment.setBigEndian(sequence &+ sent, at: transport + 4)
    var flags = unsafe segment.load(fromByteOffset: transport + 13, as: UInt8.self)
    if !isLast { flags &= ~(finish | push) }
    if index > 0 { flags &= ~windowReduced }
    unsafe segment.storeBytes(of: flags, toByteOffset: transport + 13, as: UInt8.self)
  }

  private func writeChecksum(_ segment: UnsafeMutableRawPointer, length: Int) {
    let place = headers.transport + headers.checksumOffset
    unsafe segment.setBigEndian(UInt16(0), at: place)
    var sum = pseudoHeader
    sum.add(UInt16(truncatingIfNeeded: length - headers.transport))
    unsafe sum.add(UnsafeRawPointer(segment) + headers.transport, count: length - headers.transport)
    unsafe segment.setBigEndian(headers.isTCP ? sum.value : sum.nonzeroValue, at: place)
  }
}
