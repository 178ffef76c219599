// The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words. The sum may be
// taken in either byte order and in wider words (section 2, B and C), so 64-bit words are added as they lie in memory,
// each carry into the next, and folded once at the end. Two sums at a time, for each addition waits for the one before.

/// A running Internet checksum.
@usableFromInline package struct InternetChecksum: Sendable {
  /// The one's complement sum of 64-bit words in memory order.
  @usableFromInline var sum: UInt64 = 0
  /// An odd number of bytes has been added: the next one is the second of its word.
  @usableFromInline var isOdd = false

  @inlinable package init() {}

  /// Adds the bytes that come next.
  @inlinable package mutating func add(_ bytes: UnsafeRawPointer, count: Int) {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var offset = 0
    let lastStride = count &- 128
    while offset <= lastStride {
      let place = unsafe bytes + offset
      unsafe InternetChecksum.addEight(place, to: &first)
      unsafe InternetChecksum.addEight(place + 64, to: &second)
      offset &+= 128
    }
    if count & 64 != 0 {
      unsafe InternetChecksum.addEight(bytes + offset, to: &second)
      offset &+= 64
    }
    if count & 32 != 0 {
      var carry: UInt64 = 0
      unsafe InternetChecksum.addFour(bytes + offset, to: &first, &carry)
      first &+= carry
      offset &+= 32
    }
    while offset &+ 8 <= count {
      InternetChecksum.add(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), to: &first)
      offset &+= 8
    }
    if count & 4 != 0 {
      InternetChecksum.add(UInt64(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)), to: &second)
      offset &+= 4
    }
    if count & 2 != 0 {
      InternetChecksum.add(UInt64(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)), to: &second)
      offset &+= 2
    }
    if count & 1 != 0 {
      let last = UInt16(unsafe bytes.load(fromByteOffset: offset, as: UInt8.self)) << 8
      InternetChecksum.add(UInt64(last.bigEndian), to: &second)
    }
    InternetChecksum.add(second, to: &first)
    append(first, isOdd: count & 1 != 0)
  }

  /// Adds the bytes that another has summed up, as those that come next.
  @inlinable package mutating func add(_ other: InternetChecksum) { append(other.sum, isOdd: other.isOdd) }

  /// Adds eight bytes as they lie in memory, whatever comes next.
  @inlinable package mutating func add(words: UInt64) { InternetChecksum.add(words, to: &sum) }

  /// Adds one 16-bit word, given in host byte order, whatever comes next.
  @inlinable package mutating func add(_ word: UInt16) { InternetChecksum.add(UInt64(word.bigEndian), to: &sum) }

  /// Takes away a 16-bit word that has been added, given in host byte order.
  @inlinable package mutating func subtract(_ word: UInt16) { add(~word) }

  /// Behind an odd number of bytes every byte changes its place in its word (RFC 1071, section 2, B).
  @inlinable mutating func append(_ stretch: UInt64, isOdd stretchIsOdd: Bool) {
    InternetChecksum.add(isOdd ? stretch << 8 | stretch >> 56 : stretch, to: &sum)
    isOdd = isOdd != stretchIsOdd
  }

  /// Adds 64 bytes.
  @inline(__always) @inlinable static func addEight(_ words: UnsafeRawPointer, to sum: inout UInt64) {
    var carry: UInt64 = 0
    unsafe addFour(words, to: &sum, &carry)
    unsafe addFour(words + 32, to: &sum, &carry)
    sum &+= carry
  }

  /// Adds 32 bytes; written out, it becomes a chain of add-with-carry instructions.
  @inline(__always) @inlinable static func addFour(
    _ words: UnsafeRawPointer, to sum: inout UInt64, _ carry: inout UInt64
  ) {
    unsafe add(words.loadUnaligned(fromByteOffset: 0, as: UInt64.self), to: &sum, &carry)
    unsafe add(words.loadUnaligned(fromByteOffset: 8, as: UInt64.self), to: &sum, &carry)
    unsafe add(words.loadUnaligned(fromByteOffset: 16, as: UInt64.self), to: &sum, &carry)
    unsafe add(words.loadUnaligned(fromByteOffset: 24, as: UInt64.self), to: &sum, &carry)
  }

  @inline(__always) @inlinable static func add(_ word: UInt64, to sum: inout UInt64, _ carry: inout UInt64) {
    let (partial, first) = sum.addingReportingOverflow(word)
    let (total, second) = partial.addingReportingOverflow(carry)
    sum = total
    // Bool's one byte is 0 or 1. A conditional makes blocks of code, of which the inliner takes only so many.
    carry = unsafe UInt64(unsafeBitCast(first, to: UInt8.self) | unsafeBitCast(second, to: UInt8.self))
  }

  @inline(__always) @inlinable static func add(_ word: UInt64, to sum: inout UInt64) {
    let (total, carries) = sum.addingReportingOverflow(word)
    sum = total &+ (carries ? 1 : 0)
  }

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
  /// Bytes from the frame's start to the end of the partial checksum.
  @inlinable package var checksumEnd: Int { Int(checksumStart) + Int(checksumOffset) + 2 }

  /// What completes the partial checksum of a frame, in host byte order: the sum from `checksumStart` to the end, that of
  /// the pseudo-header in the checksum's own place included.
  /// - Parameters:
  ///   - frame: all of it, contiguous.
  ///   - length: its bytes. ``isPlausible(length:)`` has said yes.
  @inlinable package func completedChecksum(of frame: UnsafeRawPointer, length: Int) -> UInt16 {
    let start = Int(checksumStart)
    var sum = InternetChecksum()
    unsafe sum.add(frame + start, count: length &- start)
    return sum.nonzeroValue
  }

  /// Completes the partial checksum of a frame in place: sums from `checksumStart` to the end, the pseudo-header's sum in
  /// the checksum's own place included.
  /// - Parameters:
  ///   - head: the frame's first bytes, contiguous, ``checksumEnd`` of them or more.
  ///   - length: how many.
  ///   - rest: the sum of the bytes behind those.
  /// - Returns: false, with the frame untouched, if none is partial or ``isPlausible(length:)`` says no.
  package func completeChecksum(
    of head: UnsafeMutableRawPointer, length: Int, rest: InternetChecksum = InternetChecksum()
  ) -> Bool {
    let start = Int(checksumStart)
    guard isChecksumPartial, isPlausible(length: length) else { return false }
    var sum = InternetChecksum()
    unsafe sum.add(UnsafeRawPointer(head) + start, count: length - start)
    sum.add(rest)
    unsafe head.setBigEndian(sum.nonzeroValue, at: checksumEnd - 2)
    return true
  }
}
