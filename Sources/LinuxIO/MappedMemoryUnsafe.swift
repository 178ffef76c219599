import CLinux
import Glibc

/// Anonymous memory straight from the kernel: zeroed, page-aligned, and mapped lazily, so that what is never touched
/// costs nothing. Freed when the value ends.
@safe
package struct MappedMemory: ~Copyable, @unchecked Sendable {
  // Sendable: it is only an address and a length; who may touch the bytes is the owner's business.

  /// The memory; valid while this value lives.
  package let bytes: UnsafeMutableRawBufferPointer

  /// Maps at least `count` bytes.
  package init(byteCount count: Int) throws(Errno) {
    let length = (max(count, 1) + 4095) & ~4095
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let address = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { throw Errno.current }
    unsafe bytes = UnsafeMutableRawBufferPointer(start: address, count: length)
  }

  deinit { unsafe _ = munmap(bytes.baseAddress, bytes.count) }

  /// Gives the pages back to the kernel; the bytes read as zero again.
  package borrowing func discardContents() { discardContents(from: 0) }

  /// Gives back the pages from `offset` on, which is rounded up to a page.
  package borrowing func discardContents(from offset: Int) {
    let start = (offset + 4095) & ~4095
    guard unsafe start < bytes.count else { return }
    unsafe _ = madvise(bytes.baseAddress! + start, bytes.count - start, MADV_DONTNEED)
  }
}
