extension DatagramDestination {
  /// Whether a frame may be a UDP datagram. Settles nearly all that are not, in a few instructions.
  /// - Parameters:
  ///   - frame: the frame's bytes from the destination address on; at least `min(length, 34)` of them are read.
  ///   - length: bytes of the frame.
  @inlinable @inline(__always) package static func isPossible(_ frame: UnsafeRawPointer, length: Int) -> Bool {
    // Ethernet and IPv4.
    guard length >= 34 else { return false }
    // As it lies in memory: the constants are turned instead.
    let type = unsafe frame.loadUnaligned(fromByteOffset: 12, as: UInt16.self)
    if type == (0x0800 as UInt16).bigEndian { return unsafe frame.load(fromByteOffset: 23, as: UInt8.self) == 17 }
    if type == (0x86dd as UInt16).bigEndian {
      // TCP and ICMPv6; anything else may be an extension header.
      let next = unsafe frame.load(fromByteOffset: 20, as: UInt8.self)
      return next != 6 && next != 58
    }
    return type == (0x8100 as UInt16).bigEndian || type == (0x88a8 as UInt16).bigEndian
  }

  /// Finds where a frame goes.
  /// - Parameters:
  ///   - frame: the frame's first bytes, contiguous.
  ///   - length: how many: all, or at least ``mostHeaderBytes``.
  /// - Returns: nil if it is not a UDP datagram, or ends before that can be told.
  package init?(_ frame: UnsafeRawPointer, length: Int) {
    guard let (type, network) = unsafe networkHeader(frame, length: length) else { return nil }
    let found: DatagramDestination? =
      switch type {
      case .ipv4: unsafe ipv4Destination(frame, at: network, length: length)
      case .ipv6: unsafe ipv6Destination(frame, at: network, length: length)
      default: nil
      }
    guard let found else { return nil }
    self = found
  }
}

private func ipv4Destination(_ frame: UnsafeRawPointer, at start: Int, length: Int) -> DatagramDestination? {
  guard start + SegmentableHeaders.ipv4Length <= length,
    unsafe frame.load(fromByteOffset: start + 9, as: UInt8.self) == SegmentableHeaders.udpProtocol
  else { return nil }
  let first = unsafe frame.load(fromByteOffset: start, as: UInt8.self)
  let headerLength = Int(first & 0xf) * 4
  guard first >> 4 == 4, headerLength >= SegmentableHeaders.ipv4Length else { return nil }
  let address = unsafe InternetAddress(ipv4: frame.bigEndian(UInt32.self, at: start + 16))
  let fragmentOffset = unsafe frame.bigEndian(UInt16.self, at: start + 6) & 0x1fff
  return unsafe destination(
    frame, address, udp: start + headerLength, length: length, isLaterFragment: fragmentOffset != 0)
}

private func ipv6Destination(_ frame: UnsafeRawPointer, at start: Int, length: Int) -> DatagramDestination? {
  guard start + SegmentableHeaders.ipv6Length <= length,
    unsafe frame.load(fromByteOffset: start, as: UInt8.self) >> 4 == 6
  else { return nil }
  let address = unsafe InternetAddress(
    high: frame.bigEndian(UInt64.self, at: start + 24), low: frame.bigEndian(UInt64.self, at: start + 32))
  let fragment: UInt8 = 44
  let authentication: UInt8 = 51
  var next = unsafe frame.load(fromByteOffset: start + 6, as: UInt8.self)
  var offset = start + SegmentableHeaders.ipv6Length
  var isLaterFragment = false
  for _ in 0...8 {
    if next == SegmentableHeaders.udpProtocol {
      return unsafe destination(frame, address, udp: offset, length: length, isLaterFragment: isLaterFragment)
    }
    // What follows in a later fragment is not a header.
    guard !isLaterFragment, offset + 8 <= length else { return nil }
    let following = unsafe frame.load(fromByteOffset: offset, as: UInt8.self)
    let size = unsafe Int(frame.load(fromByteOffset: offset + 1, as: UInt8.self))
    switch next {
    // Hop-by-hop options, routing, destination options, mobility, host identity, shim6 (RFC 7045, section 4).
    case 0, 43, 60, 135, 139, 140: offset += 8 * (size + 1)
    case fragment:
      isLaterFragment = unsafe frame.bigEndian(UInt16.self, at: offset + 2) & 0xfff8 != 0
      offset += 8
    // RFC 4302, section 2.2.
    case authentication: offset += 4 * (size + 2)
    default: return nil
    }
    next = following
  }
  return nil
}

private func destination(
  _ frame: UnsafeRawPointer, _ address: InternetAddress, udp: Int, length: Int, isLaterFragment: Bool
) -> DatagramDestination? {
  if isLaterFragment { return DatagramDestination(address: address, port: nil) }
  guard udp + 4 <= length else { return nil }
  return unsafe DatagramDestination(address: address, port: frame.bigEndian(UInt16.self, at: udp + 2))
}
