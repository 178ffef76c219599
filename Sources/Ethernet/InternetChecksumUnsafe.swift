// The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words. The sum may be
// taken in either byte order and in wider words (section 2, B and C), so whole 64-bit words are added as they lie in
// memory and folded once at the end.

/// A running Internet checksum.
@usableFromInline package struct InternetChecksum: Sendable {
  /// The sum of 32-bit words in memory order. It does not overflow: 2^32 words of 32 bits fit.
  @usableFromInline var sum: UInt64 = 0

  @inlinable package init() {}

  /// Adds bytes. An odd `count` is padded with a zero byte, so only the last stretch may have one.
  @inlinable package mutating func add(_ bytes: UnsafeRawPointer, count: Int) {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var offset = 0
    while offset &+ 8 <= count {
      let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      low &+= word & 0xffff_ffff
      high &+= word >> 32
      offset &+= 8
    }
    sum &+= low &+ high
    while offset &+ 2 <= count {
      sum &+= UInt64(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
      offset &+= 2
    }
    if offset < count { add(UInt16(unsafe bytes.load(fromByteOffset: offset, as: UInt8.self)) << 8) }
  }

  /// Adds one 16-bit word, given in host byte order.
  @inlinable package mutating func add(_ word: UInt16) { sum &+= UInt64(word.bigEndian) }

  /// The one's complement sum of what was added, in host byte order: what a pseudo-header puts into a partial checksum.
  @inlinable package var folded: UInt16 {
    var folded = (sum & 0xffff_ffff) &+ (sum >> 32)
    folded = (folded & 0xffff) &+ (folded >> 16)
    folded = (folded & 0xffff) &+ (folded >> 16)
    folded = (folded & 0xffff) &+ (folded >> 16)
    return UInt16(bigEndian: UInt16(truncatingIfNeeded: folded))
  }

  /// The checksum of what was added, in host byte order.
  @inlinable package var value: UInt16 { ~folded }

  /// The checksum for TCP and UDP, in host byte order: 0 becomes 0xffff, which is the same number in one's complement
  /// and in UDP not the mark of "no checksum" (RFC 768).
  @inlinable package var nonzeroValue: UInt16 {
    let value = self.value
    return value == 0 ? 0xffff : value
  }
}

extension Offload {
  /// Completes the partial checksum of a frame in place: sums from `checksumStart` to the end, the pseudo-header's sum in
  /// the checksum's own place included.
  /// - Parameters:
  ///   - frame: the whole frame, contiguous.
  ///   - length: its length in bytes.
  /// - Returns: false, with the frame untouched, if none is partial or ``isPlausible(length:)`` says no.
  package func completeChecksum(of frame: UnsafeMutableRawPointer, length: Int) -> Bool {
    let start = Int(checksumStart)
    let place = start + Int(checksumOffset)
    guard isChecksumPartial, isPlausible(length: length) else { return false }
    var sum = InternetChecksum()
    unsafe sum.add(UnsafeRawPointer(frame) + start, count: length - start)
    unsafe frame.setBigEndian(sum.nonzeroValue, at: place)
    return true
  }
}
