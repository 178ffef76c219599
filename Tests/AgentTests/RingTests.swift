import Dispatch
import Glibc
import Testing

@testable import Agent

/// The queue between the control thread and a forwarding thread.
struct RingTests {
  @Test func `elements come out in order, again and again around`() throws {
    let ring = try Ring<Int>(capacity: 4)
    for round in 0..<10 {
      for index in 0..<3 { #expect(ring.push(round * 3 + index)) }
      for index in 0..<3 { #expect(ring.pop() == round * 3 + index) }
    }
    #expect(ring.pop() == nil && ring.isEmpty)
  }

  @Test func `a full ring refuses, and keeps what it has`() throws {
    let ring = try Ring<Int>(capacity: 4)
    for index in 0..<4 { #expect(ring.push(index)) }
    #expect(!ring.push(4))
    #expect(ring.pop() == 0)
    #expect(ring.push(5))
    #expect((0..<4).map { _ in ring.pop() } == [1, 2, 3, 5])
  }

  @Test func `of two threads, one gets all that the other pushes, whole and in order`() throws {
    struct Wide: BitwiseCopyable { var values: (UInt64, UInt64, UInt64, UInt64) }
    let ring = try Ring<Wide>(capacity: 64)
    let count: UInt64 = 50_000
    let done = DispatchSemaphore(value: 0)
    DispatchQueue(label: "pusher").async {
      var next: UInt64 = 0
      while next < count {
        if ring.push(Wide(values: (next, ~next, next &* 3, next ^ 0x55))) { next += 1 } else { sched_yield() }
      }
      done.signal()
    }
    var expected: UInt64 = 0
    var torn = 0
    while expected < count {
      guard let wide = ring.pop() else {
        sched_yield()
        continue
      }
      if wide.values != (expected, ~expected, expected &* 3, expected ^ 0x55) { torn += 1 }
      expected += 1
    }
    done.wait()
    #expect(torn == 0)
    #expect(ring.isEmpty)
  }
}
