import Agent
import LinuxIO
import Testing

/// The control thread's loop.
struct ControlLoopTests {
  @Test func `timers fire once, in the order of their deadlines`() throws {
    let loop = try ControlLoop()
    var fired: [Int] = []
    for delay in [30, 10, 20, 10, 0] { loop.after(milliseconds: UInt64(delay)) { fired.append(delay) } }
    loop.after(milliseconds: 60) { loop.stop() }
    try loop.run()
    #expect(fired == [0, 10, 10, 20, 30])
  }

  @Test func `timers of one deadline fire in the order in which they were set`() throws {
    let loop = try ControlLoop()
    var fired: [Int] = []
    for index in 0..<20 { loop.after(milliseconds: 5) { fired.append(index) } }
    loop.after(milliseconds: 20) { loop.stop() }
    try loop.run()
    #expect(fired == Array(0..<20))
  }

  @Test func `no timer fires early`() throws {
    let loop = try ControlLoop()
    let started = monotonicNanoseconds()
    loop.after(milliseconds: 25) { loop.stop() }
    try loop.run()
    #expect(monotonicNanoseconds() - started >= 25_000_000)
  }

  @Test func `a cancelled timer does not fire, not even when it is due in the same round`() throws {
    let loop = try ControlLoop()
    var fired: [String] = []
    var second: ControlLoop.Timer?
    loop.after(milliseconds: 5) {
      fired.append("first")
      loop.cancel(second!)
    }
    second = loop.after(milliseconds: 5) { fired.append("second") }
    loop.after(milliseconds: 20) { loop.stop() }
    try loop.run()
    #expect(fired == ["first"])
  }

  @Test func `a timer may set another, and one that is always due leaves others their turn`() throws {
    let loop = try ControlLoop()
    let wakeup = Box(try Wakeup())
    var turns = 0
    func again() {
      turns += 1
      if turns < 100_000 { loop.after(milliseconds: 0, again) }
    }
    loop.after(milliseconds: 0, again)
    try loop.watch(wakeup.value.descriptor.number) { _ in loop.stop() }
    wakeup.value.signal()
    try loop.run()
    #expect(turns < 100_000)
    loop.unwatch(wakeup.value.descriptor.number)
  }

  @Test func `a descriptor that is no longer watched is not handled, though it was ready`() throws {
    let loop = try ControlLoop()
    let (one, other) = (Box(try Wakeup()), Box(try Wakeup()))
    var handled = 0
    for (mine, its) in [(one, other), (other, one)] {
      try loop.watch(mine.value.descriptor.number) { _ in
        handled += 1
        loop.unwatch(mine.value.descriptor.number)
        loop.unwatch(its.value.descriptor.number)
      }
      mine.value.signal()
    }
    loop.after(milliseconds: 20) { loop.stop() }
    try loop.run()
    #expect(handled == 1)
  }

  @Test func `a loop that was stopped runs again`() throws {
    let loop = try ControlLoop()
    var rounds = 0
    for _ in 0..<2 {
      loop.after(milliseconds: 1) {
        rounds += 1
        loop.stop()
      }
      try loop.run()
    }
    #expect(rounds == 2)
  }
}
