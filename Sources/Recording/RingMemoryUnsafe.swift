import Glibc
package import LinuxIO
package import Synchronization

/// The memory of a ring, mapped so that the records come twice, one after the other: a record that goes on at the ring's
/// beginning is in one piece all the same.
@safe
package final class RingMemory: @unchecked Sendable {
  // Sendable: an address and a length; who may touch the bytes is the owner's business.

  /// The header.
  package let base: UnsafeMutableRawPointer
  /// The records; twice `byteCount` bytes may be reached from here.
  package var records: UnsafeMutableRawPointer { unsafe base + RingLayout.headerBytes }
  /// Bytes for records.
  package let byteCount: Int
  /// Bytes of a frame that are kept at most.
  package let snaplen: Int
  /// The file, of a ring that was made here.
  private let file: Descriptor?

  /// Makes a ring, which only this process can write.
  /// - Parameters:
  ///   - byteCount: a power of two, as `RingLayout.bytes(for:snaplen:)` has it.
  ///   - snaplen: bytes of a frame that are kept at most.
  package init(byteCount: Int, snaplen: Int) throws(Errno) {
    let file = try MemoryFile.make("umbel-capture", byteCount: RingLayout.headerBytes + byteCount)
    let base = try unsafe Self.map(file.number, byteCount, PROT_READ | PROT_WRITE)
    unsafe self.base = base
    self.byteCount = byteCount
    self.snaplen = snaplen
    unsafe base.storeBytes(of: RingLayout.magic, toByteOffset: RingLayout.magicOffset, as: UInt64.self)
    unsafe base.storeBytes(of: RingLayout.version, toByteOffset: RingLayout.versionOffset, as: UInt32.self)
    unsafe base.storeBytes(of: UInt32(snaplen), toByteOffset: RingLayout.snaplenOffset, as: UInt32.self)
    unsafe base.storeBytes(of: UInt64(byteCount), toByteOffset: RingLayout.bytesOffset, as: UInt64.self)
    let number = file.number
    self.file = consume file
    // From here on nobody else may write, or change its size under those who read.
    try MemoryFile.seal(number)
  }

  /// Maps a ring that another process writes.
  /// - Throws: `EPROTO`: the file is no ring that is known here.
  package init(reading file: borrowing Descriptor) throws(Errno) {
    let number = file.number
    let header = try MemoryFile.contents(of: number, prefix: 64)
    func value<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
      unsafe header.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }
    guard header.count == 64, value(UInt64.self, at: RingLayout.magicOffset) == RingLayout.magic,
      value(UInt32.self, at: RingLayout.versionOffset) == RingLayout.version
    else { throw Errno(EPROTO) }
    byteCount = Int(truncatingIfNeeded: value(UInt64.self, at: RingLayout.bytesOffset))
    snaplen = Int(value(UInt32.self, at: RingLayout.snaplenOffset))
    guard byteCount >= 65_536, byteCount & (byteCount - 1) == 0, snaplen <= RingLayout.mostSnaplen,
      try MemoryFile.size(of: number) >= RingLayout.headerBytes + byteCount
    else { throw Errno(EPROTO) }
    self.file = nil
    unsafe base = try unsafe Self.map(number, byteCount, PROT_READ)
  }

  private static func map(_ number: Int32, _ byteCount: Int, _ access: Int32) throws(Errno) -> UnsafeMutableRawPointer {
    let whole = RingLayout.headerBytes + 2 * byteCount
    let once = RingLayout.headerBytes + byteCount
    let address = unsafe mmap(nil, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { throw Errno.current }
    guard unsafe mmap(address, once, access, MAP_SHARED | MAP_FIXED, number, 0) != MAP_FAILED,
      unsafe mmap(
        address + once, byteCount, access, MAP_SHARED | MAP_FIXED, number, off_t(RingLayout.headerBytes)) != MAP_FAILED
    else {
      let error = Errno.current
      unsafe munmap(address, whole)
      throw error
    }
    return unsafe address
  }

  deinit { unsafe _ = munmap(base, RingLayout.headerBytes + 2 * byteCount) }

  /// A descriptor by which others can read a ring that was made here.
  package func descriptor() throws(Errno) -> Descriptor {
    guard let copy = try file?.duplicate() else { throw Errno(EBADF) }
    return copy
  }

  /// One of the header's words that writer and readers share.
  package func word(at offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Bytes of the part of the ring that has a mark.
  package var partBytes: Int { byteCount / RingLayout.marks }
}
