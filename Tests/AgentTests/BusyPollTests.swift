import Glibc
import LinuxIO
import Testing

@testable import Agent

/// What a forwarding thread does after a frame when it is told not to sleep.
struct BusyPollTests {
  private func milliseconds(of body: () -> Void) -> UInt64 {
    let begin = monotonicNanoseconds()
    body()
    return (monotonicNanoseconds() - begin) / 1_000_000
  }

  @Test func `a round after a frame does not sleep until the time has passed`() throws {
    let bench = try StubPorts()
    let port = try bench.add()
    bench.setBusyPoll(nanoseconds: 100_000_000)
    bench.receive([UInt8](repeating: 0xff, count: 100), from: port)
    for _ in 0..<10 { #expect(milliseconds { bench.step() } < 100) }
    usleep(110_000)
    // Housekeeping comes once a second: it may be due at once.
    let waits = (0..<3).map { _ in milliseconds { bench.step() } }
    #expect(waits.contains { $0 > 500 }, "\(waits)")
  }

  @Test func `without it a round sleeps at once`() throws {
    let bench = try StubPorts()
    let port = try bench.add()
    bench.setBusyPoll(nanoseconds: 1_000_000_000)
    bench.setBusyPoll(nanoseconds: 0)
    bench.receive([UInt8](repeating: 0xff, count: 100), from: port)
    let waits = (0..<2).map { _ in milliseconds { bench.step() } }
    #expect(waits.contains { $0 > 500 }, "\(waits)")
  }

  @Test(arguments: [("busy-poll: 50us", 50_000), ("busy-poll: off", 0), ("", 0)])
  func `the configuration says how long`(_ text: String, nanoseconds: UInt64) throws {
    #expect(try ConfigurationFixture.read(("u.yaml", text)).busyPoll == nanoseconds)
  }

  @Test func `what is no duration is refused`() {
    #expect(
      ConfigurationFixture.complaints(("u.yaml", "busy-poll: 50\n")) == [
        "u.yaml:1:12: busy-poll: is 50; allowed is a number with ns, us, ms, s, min or h, from 1us to 1s, or off"
      ])
  }
}
