import AllocationCounter
import Glibc

// Shows that AllocationCounter sees what a forwarding thread must not do, and nothing where there is nothing to see.
// Prints a line a case; exits 1 when one does not hold. Run it in release as well: the optimizer removes allocations.

private final class Instance {
  var value: Int
  init(_ value: Int) { self.value = value }
}

private protocol Shape { var area: Int { get } }
private struct Large: Shape {
  var sides = (1, 2, 3, 4, 5, 6)
  var area: Int { sides.0 &* sides.5 }
}

/// Keeps the optimizer from seeing that a value is not needed.
@inline(never) private func keep<Value>(_ value: consuming Value) {}
@inline(never) private func makeInstance(_ value: Int) -> Instance { Instance(value) }
@inline(never) private func makeShape() -> any Shape { Large() }
@inline(never) private func makeClosure(_ instance: Instance, _ i: Int) -> () -> Int { { instance.value &+ i } }
@inline(never) private func makeText(_ number: Int) -> String { "too long to be kept inline: \(number)" }

// Each in a function of its own: an allocation that is freed beside it is removed.
@inline(never) private func byMalloc() -> UnsafeMutableRawPointer? { unsafe malloc(10) }
@inline(never) private func byRealloc() -> UnsafeMutableRawPointer? { unsafe realloc(byCalloc(), 100) }
@inline(never) private func byCalloc() -> UnsafeMutableRawPointer? { unsafe calloc(1, 1) }
@inline(never) private func byAligned() -> UnsafeMutableRawPointer? { unsafe aligned_alloc(64, 128) }
@inline(never) private func byStrdup() -> UnsafeMutablePointer<CChar>? {
  let text: StaticString = "text"  // a String might allocate by itself on its way to C
  return unsafe strdup(UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self))
}
@inline(never) private func byMemalign() -> UnsafeMutableRawPointer? {
  var memory: UnsafeMutableRawPointer?
  unsafe posix_memalign(&memory, 64, 100)
  return unsafe memory
}

/// Allocations of this thread while `body` runs.
@inline(never) private func allocations(in body: () -> Void) -> UInt64 {
  let before = allocation_count()
  body()
  return allocation_count() - before
}

@main
struct AllocationCounterCheck {
  static func main() {
    var failed = false
    func expect(_ what: String, _ count: UInt64, _ holds: (UInt64) -> Bool) {
      print("\(holds(count) ? "ok  " : "FAIL") \(what): \(count)")
      if !holds(count) { failed = true }
    }

    var array: [Int] = []
    var dictionary: [Int: Int] = [:]
    let instance = makeInstance(1)
    expect("1,000 class instances", allocations { for i in 0..<1000 { keep(makeInstance(i)) } }) { $0 >= 1000 }
    expect("an Array that grows to 1,000", allocations { for i in 0..<1000 { array.append(i) } }) { (5...100) ~= $0 }
    expect("a Dictionary that grows", allocations { for i in 0..<100 { dictionary[i] = i } }) { $0 >= 3 }
    expect("1,000 existentials of 48 bytes", allocations { for _ in 0..<1000 { keep(makeShape()) } }) { $0 >= 1000 }
    expect("1,000 long Strings", allocations { for i in 0..<1000 { keep(makeText(i)) } }) { $0 >= 1000 }
    expect("1,000 closures", allocations { for i in 0..<1000 { keep(makeClosure(instance, i)) } }) { $0 >= 1000 }
    expect("malloc", allocations { unsafe free(byMalloc()) }) { $0 == 1 }
    expect("calloc, realloc", allocations { unsafe free(byRealloc()) }) { $0 == 2 }
    expect("posix_memalign", allocations { unsafe free(byMemalign()) }) { $0 == 1 }
    expect("aligned_alloc", allocations { unsafe free(byAligned()) }) { $0 == 1 }
    expect("strdup, inside glibc", allocations { unsafe free(byStrdup()) }) { $0 == 1 }

    let numbers = UnsafeMutablePointer<Int>.allocate(capacity: 1000)
    unsafe numbers.initialize(repeating: 1, count: 1000)
    expect(
      "reading and writing through a pointer",
      allocations { for i in 1..<1000 { unsafe numbers[i] &+= numbers[i - 1] } }
    ) { $0 == 0 }
    expect("a class instance's field", allocations { for i in 0..<1000 { instance.value &+= i } }) { $0 == 0 }
    unsafe numbers.deallocate()

    checkThreads(expect)
    exit(failed ? 1 : 0)
  }

  /// Another thread's allocations are its own, and can be asked for by its number.
  private static func checkThreads(_ expect: (String, UInt64, (UInt64) -> Bool) -> Void) {
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, nil,
      { _ in
        for i in 0..<500 { keep(makeInstance(i)) }
        return unsafe UnsafeMutableRawPointer(bitPattern: Int(allocation_thread()))
      }, nil)
    precondition(result == 0, "cannot start a thread")
    var number: UnsafeMutableRawPointer?
    let mine = allocations { _ = unsafe pthread_join(thread, &number) }
    let other = pid_t(Int(bitPattern: number))
    expect("this thread, while another allocates", mine) { $0 == 0 }
    expect("that other thread, by its number", allocation_count_of_thread(other)) { $0 >= 500 && $0 < 600 }
    let again = allocation_count_of_thread(allocation_thread())
    expect("this thread, by its number, less its own reading", again - allocation_count()) { $0 == 0 }
    expect("a thread that there is not", allocation_count_of_thread(1)) { $0 == 0 }
  }
}
