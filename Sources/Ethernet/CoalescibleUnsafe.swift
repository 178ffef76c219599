/// A frame as coalescing sees it: which flow it belongs to, and whether it may be part of a ``SegmentRun``.
@safe
package struct Coalescible {
  package enum Kind {
    /// Neither TCP nor UDP: it overtakes nothing that is in a run.
    case other
    /// IP of which the flow does not show, such as a fragment.
    case anyFlow
    /// A frame of ``Coalescible/flow`` that goes as it is.
    case alone
    /// A segment with payload. Its checksums have not been looked at.
    case segment
  }

  package private(set) var kind = Kind.other
  /// The same for all frames of a flow. That two flows share one costs them longer runs, nothing else.
  package private(set) var flow: UInt64 = 0
  /// PSH is set: nothing follows the segment in a run.
  package private(set) var pushes = false
  /// Bytes of the whole frame.
  package let length: Int
  let frame: UnsafeRawPointer
  private(set) var headers = SegmentableHeaders(isIPv4: false, isTCP: false, network: 0, transport: 0, payload: 0)

  /// The TCP flags that a segment of a run may have, and the one that ends it (RFC 9293, section 3.1).
  private static let acknowledges: UInt8 = 0x10
  static let push: UInt8 = 0x08

  /// - Parameters:
  ///   - frame: the frame's first bytes, contiguous, borrowed.
  ///   - available: how many.
  ///   - length: bytes of the whole frame.
  package init(_ frame: UnsafeRawPointer, available: Int, length: Int) {
    unsafe self.frame = unsafe frame
    self.length = length
    guard let (type, network) = unsafe networkHeader(frame, length: available) else { return }
    switch type {
    case .ipv4: readIPv4(at: network, available: available)
    case .ipv6: readIPv6(at: network, available: available)
    default: return
    }
  }

  /// RFC 791, section 3.1.
  private mutating func readIPv4(at start: Int, available: Int) {
    kind = .anyFlow
    let transport = start &+ SegmentableHeaders.ipv4Length
    let allButDontFragment: UInt16 = 0xbfff
    guard transport <= available, unsafe frame.load(fromByteOffset: start, as: UInt8.self) == 0x45,
      unsafe frame.bigEndian(UInt16.self, at: start &+ 6) & allButDontFragment == 0
    else { return }
    let number = unsafe frame.load(fromByteOffset: start &+ 9, as: UInt8.self)
    guard Coalescible.isTransport(number) else {
      kind = .other
      return
    }
    mix(start &- 8)
    mix(start &+ 12)
    let end = unsafe start &+ Int(frame.bigEndian(UInt16.self, at: start &+ 2))
    readTransport(number, isIPv4: true, at: transport, of: start, available: available, isFilled: end == length)
  }

  /// RFC 8200, section 3.
  private mutating func readIPv6(at start: Int, available: Int) {
    kind = .anyFlow
    let transport = start &+ SegmentableHeaders.ipv6Length
    guard transport <= available, unsafe frame.load(fromByteOffset: start, as: UInt8.self) >> 4 == 6 else { return }
    let number = unsafe frame.load(fromByteOffset: start &+ 6, as: UInt8.self)
    guard Coalescible.isTransport(number) else {
      let icmp: UInt8 = 58
      // TCP or UDP may stand behind anything else.
      if number == icmp { kind = .other }
      return
    }
    mix(start &- 8)
    mix(start &+ 8)
    mix(start &+ 16)
    mix(start &+ 24)
    mix(start &+ 32)
    let end = unsafe transport &+ Int(frame.bigEndian(UInt16.self, at: start &+ 4))
    readTransport(number, isIPv4: false, at: transport, of: start, available: available, isFilled: end == length)
  }

  @inline(__always)
  private static func isTransport(_ number: UInt8) -> Bool {
    number == SegmentableHeaders.tcpProtocol || number == SegmentableHeaders.udpProtocol
  }

  /// Reads the header of TCP (RFC 9293, section 3.1) or UDP (RFC 768).
  /// - Parameter isFilled: the IP packet ends with the frame.
  private mutating func readTransport(
    _ number: UInt8, isIPv4: Bool, at start: Int, of network: Int, available: Int, isFilled: Bool
  ) {
    let isTCP = number == SegmentableHeaders.tcpProtocol
    guard start &+ (isTCP ? SegmentableHeaders.tcpLength : SegmentableHeaders.udpLength) <= available else { return }
    kind = .alone
    let ports = unsafe frame.loadUnaligned(fromByteOffset: start, as: UInt32.self)
    flow ^= UInt64(ports) << 8 ^ UInt64(number)
    var payload = start &+ SegmentableHeaders.udpLength
    if isTCP {
      let lengthAndReserved = unsafe frame.load(fromByteOffset: start &+ 12, as: UInt8.self)
      let flags = unsafe frame.load(fromByteOffset: start &+ 13, as: UInt8.self)
      payload = start &+ Int(lengthAndReserved >> 4) &* 4
      pushes = flags & Coalescible.push != 0
      guard flags & ~Coalescible.push == Coalescible.acknowledges, lengthAndReserved & 0xf == 0,
        payload >= start &+ SegmentableHeaders.tcpLength,
        // The other way to write 0, which no segmentation writes again.
        unsafe frame.loadUnaligned(fromByteOffset: start &+ 16, as: UInt16.self) != 0xffff
      else { return }
    } else {
      guard unsafe Int(frame.bigEndian(UInt16.self, at: start &+ 4)) == length &- start,
        // There is none.
        unsafe frame.loadUnaligned(fromByteOffset: start &+ 6, as: UInt16.self) != 0
      else { return }
    }
    guard isFilled, payload < length, payload <= available else { return }
    headers = SegmentableHeaders(
      isIPv4: isIPv4, isTCP: isTCP, network: network, transport: start, payload: payload)
    kind = .segment
  }

  @inline(__always)
  private mutating func mix(_ offset: Int) {
    let word = unsafe frame.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    flow = (flow ^ word) &* 0x9e37_79b9_7f4a_7c15
    flow ^= flow >> 32
  }
}

extension Coalescible {
  /// Bytes of all headers of a segment.
  package var headerLength: Int { headers.payload }
  /// Where the bytes begin that its checksum is of.
  package var checksumStart: Int { headers.transport }
  package var isIPv4: Bool { headers.isIPv4 }
  package var isTCP: Bool { headers.isTCP }
  /// Bytes of payload of a segment.
  var payloadLength: Int { length &- headers.payload }

  /// The sum of a segment's pseudo-header. With all bytes from ``checksumStart`` on a right checksum makes it 0xffff.
  package var pseudoHeader: InternetChecksum { pseudoHeader(length: length) }

  /// - Parameter length: of the whole frame.
  func pseudoHeader(length: Int) -> InternetChecksum { unsafe headers.pseudoHeader(of: frame, length: length) }

  /// Whether a segment's IP header has the checksum that would be written again.
  package var hasRightHeader: Bool {
    guard headers.isIPv4 else { return true }
    return unsafe Coalescible.hasRightHeader(frame + headers.network)
  }

  /// - Parameter header: of IPv4, without options.
  @inline(__always)
  static func hasRightHeader(_ header: UnsafeRawPointer) -> Bool {
    var sum = InternetChecksum()
    unsafe sum.add(words: header.loadUnaligned(as: UInt64.self))
    unsafe sum.add(words: header.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    unsafe sum.add(words: UInt64(header.loadUnaligned(fromByteOffset: 16, as: UInt32.self)))
    return unsafe sum.folded == 0xffff && header.loadUnaligned(fromByteOffset: 10, as: UInt16.self) != 0xffff
  }
}

extension SegmentableHeaders {
  /// The sum of the pseudo-header of TCP or UDP.
  /// - Parameters:
  ///   - frame: one with these headers.
  ///   - length: of the whole frame.
  @inline(__always)
  func pseudoHeader(of frame: UnsafeRawPointer, length: Int) -> InternetChecksum {
    var sum = InternetChecksum()
    if isIPv4 {
      unsafe sum.add(words: frame.loadUnaligned(fromByteOffset: network &+ 12, as: UInt64.self))
    } else {
      for offset in stride(from: 8, to: SegmentableHeaders.ipv6Length, by: 8) {
        unsafe sum.add(words: frame.loadUnaligned(fromByteOffset: network &+ offset, as: UInt64.self))
      }
    }
    sum.add(UInt16(isTCP ? SegmentableHeaders.tcpProtocol : SegmentableHeaders.udpProtocol))
    sum.add(UInt16(truncatingIfNeeded: length &- transport))
    return sum
  }
}
