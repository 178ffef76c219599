// The short way of the most common frame, the next segment of a TCP connection: all that `Coalescible`, `takes` and
// `hasRightHeader` would find out is known as soon as its headers are those of the run's first segment.

extension SegmentRun {
  /// Finds out whether a frame is a TCP segment that the run takes, with a right IP header.
  /// - Parameters:
  ///   - frame: the frame's first bytes, contiguous, borrowed.
  ///   - available: how many.
  ///   - length: bytes of the whole frame.
  /// - Returns: the sum of its pseudo-header. nil says nothing: UDP, the second segment of a run and frames whose headers
  ///   lie in pieces have to go the long way.
  package func pseudoHeader(ofNext frame: UnsafeRawPointer, available: Int, length: Int) -> InternetChecksum? {
    let headers = first.headers
    let one = unsafe first.frame
    guard headers.isTCP, count > 1, !isComplete, headers.payload <= available, headers.payload < length,
      length <= first.length,
      self.length &+ length &- headers.payload <= headers.network &+ SegmentRun.longestPacket,
      unsafe isEqual(one, frame, at: 0, UInt64.self), unsafe isEqual(one, frame, at: 6, UInt64.self),
      unsafe isEqual(one, frame, at: headers.network &- 8, UInt64.self), unsafe isNextPacket(frame, length),
      unsafe isNextSegment(frame)
    else { return nil }
    return unsafe headers.pseudoHeader(of: frame, length: length)
  }

  /// IP: all as in the first but the length, which is the frame's, and of IPv4 identification and checksum.
  @inline(__always)
  private func isNextPacket(_ frame: UnsafeRawPointer, _ length: Int) -> Bool {
    let start = first.headers.network
    let one = unsafe first.frame
    guard first.headers.isIPv4 else {
      let packet = start &+ SegmentableHeaders.ipv6Length &+ Int(unsafe frame.bigEndian(UInt16.self, at: start &+ 4))
      return unsafe packet == length && isEqual(one, frame, at: start, UInt32.self)
        && isEqual(one, frame, at: start &+ 6, UInt16.self) && isEqual(one, frame, at: start &+ 8, UInt64.self)
        && isEqual(one, frame, at: start &+ 16, UInt64.self) && isEqual(one, frame, at: start &+ 24, UInt64.self)
        && isEqual(one, frame, at: start &+ 32, UInt64.self)
    }
    let identification = unsafe one.bigEndian(UInt16.self, at: start &+ 4) &+ step &* UInt16(truncatingIfNeeded: count)
    return unsafe start &+ Int(frame.bigEndian(UInt16.self, at: start &+ 2)) == length
      && frame.bigEndian(UInt16.self, at: start &+ 4) == identification
      && isEqual(one, frame, at: start, UInt16.self) && isEqual(one, frame, at: start &+ 6, UInt32.self)
      && isEqual(one, frame, at: start &+ 12, UInt64.self) && Coalescible.hasRightHeader(frame + start)
  }

  /// TCP: the sequence number that follows, and all else as in the first but PSH and the checksum.
  @inline(__always)
  private func isNextSegment(_ frame: UnsafeRawPointer) -> Bool {
    let start = first.headers.transport
    let one = unsafe first.frame
    let sequence = unsafe one.bigEndian(UInt32.self, at: start &+ 4) &+ UInt32(truncatingIfNeeded: payloadLength)
    let push = UInt16(Coalescible.push)
    guard unsafe frame.bigEndian(UInt32.self, at: start &+ 4) == sequence,
      unsafe isEqual(one, frame, at: start, UInt32.self), unsafe isEqual(one, frame, at: start &+ 8, UInt32.self),
      unsafe frame.bigEndian(UInt16.self, at: start &+ 12) & ~push == one.bigEndian(UInt16.self, at: start &+ 12),
      unsafe isEqual(one, frame, at: start &+ 14, UInt16.self),
      unsafe isEqual(one, frame, at: start &+ 18, UInt16.self),
      // See `Coalescible`.
      unsafe frame.loadUnaligned(fromByteOffset: start &+ 16, as: UInt16.self) != 0xffff
    else { return false }
    return unsafe hasEqualOptions(frame)
  }

  /// Adds a frame that has a ``pseudoHeader(ofNext:available:length:)``, and with it a right checksum.
  package mutating func append(_ frame: UnsafeRawPointer, length: Int) {
    let flags = unsafe frame.load(fromByteOffset: first.headers.transport &+ 13, as: UInt8.self)
    extend(by: length &- first.headers.payload, pushes: flags & Coalescible.push != 0)
  }
}
