import CLinux
import Glibc

/// Descriptors that are owned and have an order: those of one message. What is not taken out is closed when the value
/// ends, so descriptors nobody asked for do not stay open.
package struct Descriptors: ~Copyable {
  /// The most that one message carries.
  package static let most = 16

  /// -1 where one has been taken.
  private(set) var numbers: [Int32] = []

  package init() {}

  /// Holds one descriptor, with index 0.
  package init(_ descriptor: consuming Descriptor) { numbers = [descriptor.release()] }

  deinit {
    for number in numbers where number >= 0 { _ = close(number) }
  }

  /// How many places there are, taken ones included.
  package var count: Int { numbers.count }

  package var isEmpty: Bool { numbers.isEmpty }

  /// Adds one at the end.
  /// - Returns: its index.
  @discardableResult
  package mutating func append(_ descriptor: consuming Descriptor) -> Int {
    numbers.append(descriptor.release())
    return numbers.count - 1
  }

  /// Hands out the descriptor at `index`; nil when there is none, or it has been taken.
  package mutating func take(_ index: Int) -> Descriptor? {
    guard numbers.indices.contains(index), numbers[index] >= 0 else { return nil }
    defer { numbers[index] = -1 }
    return Descriptor(owning: numbers[index])
  }
}
