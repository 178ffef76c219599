import LinuxIO

/// Memory for a fixed number of elements, zeroed and mapped lazily: a large capacity costs nothing until it is used.
/// Elements start as zero bytes, which must be a valid value of theirs.
@safe
struct FixedTable<Element>: ~Copyable {
  private let memory: MappedMemory
  private let base: UnsafeMutablePointer<Element>
  let capacity: Int

  init(capacity: Int) throws(Errno) {
    memory = try MappedMemory(byteCount: capacity * MemoryLayout<Element>.stride)
    unsafe base = memory.bytes.baseAddress!.assumingMemoryBound(to: Element.self)
    self.capacity = capacity
  }

  /// The element's address; valid while the table lives.
  func pointer(_ index: Int) -> UnsafeMutablePointer<Element> {
    precondition(index >= 0 && index < capacity, "an index beyond the table would touch other memory")
    return unsafe base + index
  }
}

/// A list without order and with a fixed capacity, in lazily mapped memory.
@safe
struct FixedList<Element: BitwiseCopyable>: ~Copyable {
  private let table: FixedTable<Element>
  private(set) var count = 0

  init(capacity: Int) throws(Errno) { table = try FixedTable(capacity: capacity) }

  subscript(index: Int) -> Element { unsafe table.pointer(index).pointee }

  /// The capacity is the number of things that can exist, each of which is listed once: a full list is a fault here.
  mutating func append(_ element: Element) {
    unsafe table.pointer(count).initialize(to: element)
    count += 1
  }

  /// Puts the last element in the place of this one.
  mutating func swapRemove(at index: Int) {
    count -= 1
    unsafe table.pointer(index).pointee = table.pointer(count).pointee
  }

  mutating func removeAll() { count = 0 }
}
