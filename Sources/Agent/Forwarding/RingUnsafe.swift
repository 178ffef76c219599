import LinuxIO
import Synchronization

/// A queue between exactly two threads, one that pushes and one that pops. Neither ever waits: a full ring says so.
@safe
final class Ring<Element: BitwiseCopyable>: @unchecked Sendable {
  // Sendable: `head` is written by the popping thread, `tail` by the pushing one; an element is published by the
  // releasing store of `tail` and given back by that of `head`.

  private let head = Atomic<Int>(0)
  private let tail = Atomic<Int>(0)
  private let mask: Int
  private let memory: MappedMemory

  /// - Parameter capacity: a power of two.
  init(capacity: Int) throws(Errno) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0, "positions wrap by masking")
    mask = capacity - 1
    memory = try MappedMemory(byteCount: capacity * MemoryLayout<Element>.stride)
  }

  private func slot(_ position: Int) -> UnsafeMutablePointer<Element> {
    unsafe memory.bytes.baseAddress!.assumingMemoryBound(to: Element.self) + (position & mask)
  }

  /// Pushing thread. False: the ring is full and nothing was pushed.
  func push(_ element: Element) -> Bool {
    let position = tail.load(ordering: .relaxed)
    guard position &- head.load(ordering: .acquiring) <= mask else { return false }
    unsafe slot(position).initialize(to: element)
    tail.store(position &+ 1, ordering: .releasing)
    return true
  }

  /// Popping thread. Nil: the ring is empty.
  func pop() -> Element? {
    let position = head.load(ordering: .relaxed)
    guard position != tail.load(ordering: .acquiring) else { return nil }
    let element = unsafe slot(position).pointee
    head.store(position &+ 1, ordering: .releasing)
    return element
  }

  /// Either thread, as a hint.
  var isEmpty: Bool { head.load(ordering: .relaxed) == tail.load(ordering: .acquiring) }
}
