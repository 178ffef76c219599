// What a tunnel on the same machine, or over veth, leaves undone without saying so: the kernel's VXLAN device hands TCP
// and UDP over with the checksum of the pseudo-header only, and TCP in frames that stand for many segments, because it
// counts on the network card for the rest. No metadata comes along by way of a UDP socket, so it is told from the frame:
//
//   a checksum that equals the folded sum of its pseudo-header is partial. A finished one is that by chance once in
//   65,536 times, and completing it gives the same value again;
//   a TCP frame longer than a link takes stands for many segments, and so does a partial one longer than 1,500 bytes of
//   payload. Cut into segments of at most 1,500 bytes it is the same stream, whatever it was meant to be.

extension Offload {
  /// The longest frame that every guest takes: 1,500 bytes of payload, without tags.
  private static let ordinaryFrame = 1_514

  /// Finds what is left to be done to a frame that came without metadata.
  /// - Parameters:
  ///   - frame: the whole frame, contiguous.
  ///   - length: its length in bytes.
  ///   - longest: bytes of the longest frame that the way here takes in one piece.
  /// - Returns: nil: nothing, or nothing that can be told.
  package init?(recovering frame: UnsafeRawPointer, length: Int, longest: Int) {
    guard let (type, network) = unsafe networkHeader(frame, length: length), type == .ipv4 || type == .ipv6 else {
      return nil
    }
    let isIPv4 = type == .ipv4
    guard let number = unsafe transportNumber(frame, at: network, length: length, isIPv4: isIPv4),
      // With GSO metadata the headers are found as for segmenting; they lie in the same place without.
      let headers = unsafe SegmentableHeaders(
        frame, length: length,
        offload: Offload(
          gsoType: number == SegmentableHeaders.udpProtocol
            ? Offload.gsoUDP : isIPv4 ? Offload.gsoTCPv4 : Offload.gsoTCPv6, gsoSize: 1)),
      unsafe fills(frame, headers, length: length)
    else { return nil }
    let isPartial = unsafe holdsPseudoHeader(frame, headers, length: length)
    let ordinary = Offload.ordinaryFrame + network - FrameHeader.length
    let isSuper = headers.isTCP && length > min(longest, isPartial ? ordinary : longest)
    guard isPartial || isSuper else { return nil }
    self.init()
    if isPartial {
      flags = Offload.needsChecksum
      checksumStart = UInt16(headers.transport)
      checksumOffset = UInt16(headers.checksumOffset)
    }
    let segment = min(longest, ordinary) - headers.payload
    guard isSuper, segment > 0 else { return }
    gsoType = isIPv4 ? Offload.gsoTCPv4 : Offload.gsoTCPv6
    gsoSize = UInt16(segment)
    headerLength = UInt16(headers.payload)
    // What counts the length of a segment begins there, partial or not.
    checksumStart = UInt16(headers.transport)
    checksumOffset = UInt16(headers.checksumOffset)
  }
}

/// TCP or UDP, as the IP header says; nil: another protocol, or an extension header of IPv6.
private func transportNumber(_ frame: UnsafeRawPointer, at network: Int, length: Int, isIPv4: Bool) -> UInt8? {
  let place = network + (isIPv4 ? 9 : 6)
  guard place < length else { return nil }
  let number = unsafe frame.load(fromByteOffset: place, as: UInt8.self)
  return number == SegmentableHeaders.tcpProtocol || number == SegmentableHeaders.udpProtocol ? number : nil
}

/// Whether the IP packet ends with the frame: behind padding a checksum could not be completed over the rest.
private func fills(_ frame: UnsafeRawPointer, _ headers: SegmentableHeaders, length: Int) -> Bool {
  let network = headers.network
  if headers.isIPv4 { return unsafe network + Int(frame.bigEndian(UInt16.self, at: network + 2)) == length }
  return unsafe network + SegmentableHeaders.ipv6Length + Int(frame.bigEndian(UInt16.self, at: network + 4)) == length
}

private func holdsPseudoHeader(_ frame: UnsafeRawPointer, _ headers: SegmentableHeaders, length: Int) -> Bool {
  let field = unsafe frame.bigEndian(UInt16.self, at: headers.transport + headers.checksumOffset)
  var sum = InternetChecksum()
  unsafe sum.add(
    frame + headers.network + (headers.isIPv4 ? 12 : 8), count: headers.isIPv4 ? 8 : 32)
  sum.add(UInt16(headers.isTCP ? SegmentableHeaders.tcpProtocol : SegmentableHeaders.udpProtocol))
  sum.add(UInt16(truncatingIfNeeded: length - headers.transport))
  return sum.folded == field
}
