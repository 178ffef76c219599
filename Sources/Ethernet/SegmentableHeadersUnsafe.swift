extension SegmentableHeaders {
  /// Finds the headers of a frame with GSO metadata.
  /// - Parameters:
  ///   - frame: the whole frame, contiguous; `length` bytes.
  ///   - offload: its metadata, which must agree with what the frame says.
  /// - Returns: nil if they do not agree, if a header does not fit in the frame, for fragments, and for IPv6 extension
  ///   headers other than hop-by-hop and destination options: with a routing header the pseudo-header's destination is
  ///   not the header's.
  init?(_ frame: UnsafeRawPointer, length: Int, offload: Offload) {
    let segmentation = offload.segmentation
    let wantsTCP = segmentation == Offload.gsoTCPv4 || segmentation == Offload.gsoTCPv6
    guard wantsTCP || segmentation == Offload.gsoUDP else { return nil }
    guard let (type, network) = unsafe networkHeader(frame, length: length) else { return nil }
    isIPv4 = type == .ipv4
    isTCP = wantsTCP
    self.network = network
    if wantsTCP, isIPv4 != (segmentation == Offload.gsoTCPv4) { return nil }
    let number = wantsTCP ? SegmentableHeaders.tcpProtocol : SegmentableHeaders.udpProtocol
    let found =
      switch type {
      case .ipv4: unsafe ipv4Payload(frame, at: network, length: length, protocol: number)
      case .ipv6: unsafe ipv6Payload(frame, at: network, length: length, protocol: number)
      default: Int?.none
      }
    guard let transport = found else { return nil }
    self.transport = transport
    if wantsTCP {
      guard transport + SegmentableHeaders.tcpLength <= length else { return nil }
      payload = transport + 4 * (unsafe Int(frame.load(fromByteOffset: transport + 12, as: UInt8.self) >> 4))
      guard payload >= transport + SegmentableHeaders.tcpLength else { return nil }
    } else {
      payload = transport + SegmentableHeaders.udpLength
    }
    guard payload <= length else { return nil }
    if offload.isChecksumPartial {
      guard Int(offload.checksumStart) == transport, Int(offload.checksumOffset) == checksumOffset else { return nil }
    }
  }
}

/// The type and offset of what lies behind the Ethernet header and at most two VLAN tags.
func networkHeader(_ frame: UnsafeRawPointer, length: Int) -> (EtherType, Int)? {
  var offset = FrameHeader.length
  for _ in 0...2 {
    guard offset <= length else { return nil }
    let type = unsafe EtherType(rawValue: frame.bigEndian(UInt16.self, at: offset - 2))
    if !type.isTag { return (type, offset) }
    offset += FrameHeader.tagLength
  }
  return nil
}

/// The offset of an IPv4 packet's payload, if it is whole and of that protocol (RFC 791, section 3.1).
func ipv4Payload(_ frame: UnsafeRawPointer, at start: Int, length: Int, protocol number: UInt8) -> Int? {
  guard start + SegmentableHeaders.ipv4Length <= length else { return nil }
  let first = unsafe frame.load(fromByteOffset: start, as: UInt8.self)
  let end = start + Int(first & 0xf) * 4
  guard first >> 4 == 4, end >= start + SegmentableHeaders.ipv4Length, end <= length else { return nil }
  let moreFragmentsAndOffset: UInt16 = 0x3fff
  guard unsafe frame.bigEndian(UInt16.self, at: start + 6) & moreFragmentsAndOffset == 0 else { return nil }
  return unsafe frame.load(fromByteOffset: start + 9, as: UInt8.self) == number ? end : nil
}

/// The offset of an IPv6 packet's payload behind its options, if it is of that protocol (RFC 8200, sections 3 and 4).
func ipv6Payload(_ frame: UnsafeRawPointer, at start: Int, length: Int, protocol number: UInt8) -> Int? {
  guard start + SegmentableHeaders.ipv6Length <= length else { return nil }
  guard unsafe frame.load(fromByteOffset: start, as: UInt8.self) >> 4 == 6 else { return nil }
  var next = unsafe frame.load(fromByteOffset: start + 6, as: UInt8.self)
  var offset = start + SegmentableHeaders.ipv6Length
  // Every turn moves on by at least eight bytes.
  while SegmentableHeaders.isSkipped(next) {
    guard offset + 2 <= length else { return nil }
    next = unsafe frame.load(fromByteOffset: offset, as: UInt8.self)
    offset += unsafe 8 * (Int(frame.load(fromByteOffset: offset + 1, as: UInt8.self)) + 1)
  }
  return next == number ? offset : nil
}

extension Offload {
  /// The length of the longest frame that a frame with this metadata stands for, in bytes, TCP options included.
  /// - Parameters:
  ///   - frame: the frame's first bytes, contiguous.
  ///   - available: how many.
  ///   - length: bytes of the whole frame.
  /// - Returns: what ``segmentLength(of:)`` says where the headers do not lie within those bytes or contradict the
  ///   metadata.
  package func exactSegmentLength(_ frame: UnsafeRawPointer, available: Int, length: Int) -> Int {
    guard segmentation != Offload.gsoNone,
      let headers = unsafe SegmentableHeaders(frame, length: available, offload: self)
    else { return segmentLength(of: length) }
    return min(length, headers.payload + Int(gsoSize))
  }
}
