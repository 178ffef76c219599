import CTransport

/// A TCP segment over IPv4 in an Ethernet frame, its TCP checksum partial: the sum of the pseudo-header.
/// - Parameter payload: its bytes.
func partialSegment(payload: Int) -> [UInt8] {
  let length = 40 + payload
  var frame: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00]
  var header: [UInt8] = [
    0x45, 0, UInt8(length >> 8), UInt8(length & 255), 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1,
  ]
  let sum = ~onesSum(header)
  header[10] = UInt8(sum >> 8)
  header[11] = UInt8(sum & 255)
  let pseudo = onesSum([10, 9, 0, 2, 10, 9, 0, 1, 0, 6, UInt8((20 + payload) >> 8), UInt8((20 + payload) & 255)])
  frame += header
  frame += [0x13, 0x88, 0x13, 0x89, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0x20, 0]
  frame += [UInt8(pseudo >> 8), UInt8(pseudo & 255), 0, 0]
  return frame + (0..<payload).map { UInt8(truncatingIfNeeded: $0) }
}

/// What is left to be done to such a frame.
func partialOffload(segment: UInt16) -> umbel_offload {
  umbel_offload(
    flags: UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM), gso_type: UInt8(segment == 0 ? UMBEL_GSO_NONE : UMBEL_GSO_TCPV4),
    header_length: 54, gso_size: segment, checksum_start: 34, checksum_offset: 16, zero: 0)
}

/// The same as the ten bytes of a `struct virtio_net_hdr`.
func partialHeader(segment: UInt16) -> [UInt8] {
  [1, segment == 0 ? 0 : 1, 54, 0, UInt8(segment & 255), UInt8(segment >> 8), 34, 0, 16, 0]
}

/// The folded ones-complement sum of RFC 1071 of an even number of bytes.
func onesSum(_ bytes: [UInt8]) -> UInt16 {
  var sum = stride(from: 0, to: bytes.count, by: 2).reduce(UInt32(0)) {
    $0 + UInt32(bytes[$1]) << 8 + UInt32(bytes[$1 + 1])
  }
  while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
  return UInt16(sum)
}
