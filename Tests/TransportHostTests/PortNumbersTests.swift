import Testing
import TransportHost

struct PortNumbersTests {
  private let numbers = PortNumbers.shared

  /// A handle's bits, which compare without being pointers.
  private func handle(of number: UInt32) -> UInt { UInt(bitPattern: unsafe numbers.handle(of: number)) }

  private func number(of handle: UInt) -> UInt32? { unsafe numbers.number(of: OpaquePointer(bitPattern: handle)) }

  @Test func `a number comes again when all others have been, and an old handle of it names nobody`() throws {
    let first = try #require(numbers.take())
    let old = handle(of: first)
    #expect(number(of: old) == first)
    numbers.giveBack(first)
    #expect(number(of: old) == nil)
    var others = 0
    var next = try #require(numbers.take())
    while next != first, others < 2 * PortNumbers.capacity {
      others += 1
      numbers.giveBack(next)
      next = try #require(numbers.take())
    }
    defer { numbers.giveBack(next) }
    // Other tests of this process have ports as well.
    #expect(next == first && others > PortNumbers.capacity / 2)
    #expect(number(of: old) == nil && number(of: handle(of: first)) == first)
  }
}
