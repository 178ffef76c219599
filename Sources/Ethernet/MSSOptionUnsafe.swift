// The maximum segment size that each end of a TCP connection announces in its SYN (RFC 9293, section 3.7.1):
//
//   Ethernet | tags | IPv4 or IPv6 | TCP header | … 02 04 MSS MSS … options
//
// Lowering it on the way keeps both ends from sending segments that a part of the path does not carry in one piece. The
// checksum is corrected by the difference (RFC 1624, equation 3), so a segment that came broken stays broken.
//
// A SYN without the option is left alone: its sender gets 536 bytes (IPv4) or 1,220 (IPv6), which fit. So are those
// whose options are malformed, and IPv6 packets with other extension headers than hop-by-hop and destination options.

/// Where the MSS option of a SYN lies, and what it says.
package struct MSSOption: Equatable, Sendable {
  /// Bytes from the frame's start to the two of the MSS.
  let place: Int
  /// Bytes from the frame's start to the TCP header.
  let transport: Int
  /// Bytes of a frame without its TCP payload and IP or TCP options.
  let overhead: Int
  /// The announced MSS in bytes.
  package let value: UInt16

  /// The least that an MSS is lowered to: Linux takes none below (TCP_MIN_MSS).
  static let least = 88

  private static let kind: UInt8 = 2
  private static let synchronize: UInt8 = 0x02

  /// Whether the frame may be a SYN, as far as its first bytes tell; false: it is none that would be lowered.
  /// - Parameters:
  ///   - frame: the frame's first bytes, contiguous; at least `min(length, 14)` of the whole frame's.
  ///   - length: how many.
  package static func isPossible(_ frame: UnsafeRawPointer, length: Int) -> Bool {
    guard let (type, network) = unsafe networkHeader(frame, length: length) else { return false }
    let transport: Int
    switch type {
    case .ipv4:
      guard network + SegmentableHeaders.ipv4Length <= length else { return true }
      guard unsafe frame.load(fromByteOffset: network + 9, as: UInt8.self) == SegmentableHeaders.tcpProtocol else {
        return false
      }
      transport = network + (unsafe Int(frame.load(fromByteOffset: network, as: UInt8.self) & 0xf)) * 4
    case .ipv6:
      guard network + SegmentableHeaders.ipv6Length <= length else { return true }
      let next = unsafe frame.load(fromByteOffset: network + 6, as: UInt8.self)
      guard next == SegmentableHeaders.tcpProtocol else { return SegmentableHeaders.isSkipped(next) }
      transport = network + SegmentableHeaders.ipv6Length
    default: return false
    }
    guard transport + 14 <= length else { return true }
    return unsafe frame.load(fromByteOffset: transport + 13, as: UInt8.self) & synchronize != 0
  }

  /// Finds the option.
  /// - Parameters:
  ///   - frame: the whole frame, contiguous.
  ///   - length: its length in bytes.
  /// - Returns: nil if it is no SYN, has none, or is malformed.
  package init?(_ frame: UnsafeRawPointer, length: Int) {
    guard let (type, network) = unsafe networkHeader(frame, length: length), type == .ipv4 || type == .ipv6 else {
      return nil
    }
    let found =
      type == .ipv4
      ? unsafe ipv4Payload(frame, at: network, length: length, protocol: SegmentableHeaders.tcpProtocol)
      : unsafe ipv6Payload(frame, at: network, length: length, protocol: SegmentableHeaders.tcpProtocol)
    guard let transport = found, transport + SegmentableHeaders.tcpLength <= length else { return nil }
    guard unsafe frame.load(fromByteOffset: transport + 13, as: UInt8.self) & MSSOption.synchronize != 0 else {
      return nil
    }
    let end = transport + 4 * (unsafe Int(frame.load(fromByteOffset: transport + 12, as: UInt8.self) >> 4))
    guard end <= length, let place = unsafe MSSOption.find(frame, from: transport + 20, to: end) else { return nil }
    self.place = place
    self.transport = transport
    let ipLength = type == .ipv4 ? SegmentableHeaders.ipv4Length : SegmentableHeaders.ipv6Length
    overhead = network + ipLength + SegmentableHeaders.tcpLength
    value = unsafe frame.bigEndian(UInt16.self, at: place)
  }

  /// The place of the MSS within TCP options.
  private static func find(_ frame: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
    var offset = start
    while offset < end {
      let option = unsafe frame.load(fromByteOffset: offset, as: UInt8.self)
      // End of the list, padding.
      if option == 0 { return nil }
      if option == 1 {
        offset += 1
        continue
      }
      guard offset + 2 <= end else { return nil }
      let length = unsafe Int(frame.load(fromByteOffset: offset + 1, as: UInt8.self))
      guard length >= 2, offset + length <= end else { return nil }
      if option == kind { return length == 4 ? offset + 2 : nil }
      offset += length
    }
    return nil
  }

  /// The MSS with which a full segment makes a frame of at most `limit` bytes; nil: the one that is announced does.
  package func lowered(to limit: Int) -> UInt16? {
    let most = max(limit - overhead, MSSOption.least)
    return most < Int(value) ? UInt16(most) : nil
  }

  /// Writes another MSS.
  /// - Parameters:
  ///   - frame: the frame that it was found in, or a copy.
  ///   - hasPartialChecksum: the checksum is of the pseudo-header alone and stays (``Offload/isChecksumPartial``).
  package func write(_ mss: UInt16, in frame: UnsafeMutableRawPointer, hasPartialChecksum: Bool) {
    unsafe frame.setBigEndian(mss, at: place)
    if hasPartialChecksum { return }
    // The words of the sum begin at the TCP header; an option may begin anywhere.
    let isOdd = (place - transport) % 2 != 0
    let old = isOdd ? value.byteSwapped : value
    let new = isOdd ? mss.byteSwapped : mss
    let checksum = transport + 16
    var sum = InternetChecksum()
    sum.add(~(unsafe UnsafeRawPointer(frame).bigEndian(UInt16.self, at: checksum)))
    sum.add(~old)
    sum.add(new)
    unsafe frame.setBigEndian(sum.value, at: checksum)
  }
}
