import Glibc

/// Bytes behind which no memory can be read or written: whoever goes beyond them ends the test.
@safe
final class FencedBytes {
  private let memory: UnsafeMutableRawPointer
  private let capacity: Int
  private var count = 0
  private static let page = 4_096

  init(capacity: Int) {
    self.capacity = (capacity + Self.page - 1) / Self.page * Self.page
    unsafe memory = mmap(
      nil, self.capacity + Self.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard unsafe memory != MAP_FAILED, unsafe mprotect(memory + self.capacity, Self.page, PROT_NONE) == 0 else {
      fatalError("no memory for a fence")
    }
  }

  convenience init(_ bytes: [UInt8]) {
    self.init(capacity: max(bytes.count, 1))
    fill(bytes)
  }

  deinit { unsafe munmap(memory, capacity + Self.page) }

  /// Where the bytes begin.
  var start: UnsafeMutableRawPointer { unsafe memory + capacity - count }

  var bytes: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: start, count: count)) }

  /// Makes room for so many bytes, whatever is in them.
  func reserve(_ count: Int) { self.count = count }

  func fill(_ bytes: [UInt8]) {
    count = bytes.count
    unsafe bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { unsafe start.copyMemory(from: base, byteCount: source.count) }
    }
  }
}
