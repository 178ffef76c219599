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
    bench.setBusyPoll(.always(nanoseconds: 100_000_000))
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
    bench.setBusyPoll(.always(nanoseconds: 1_000_000_000))
    bench.setBusyPoll(.off)
    bench.receive([UInt8](repeating: 0xff, count: 100), from: port)
    let waits = (0..<2).map { _ in milliseconds { bench.step() } }
    #expect(waits.contains { $0 > 500 }, "\(waits)")
  }

  @Test(arguments: [
    ("busy-poll: 50us", BusyPoll.always(nanoseconds: 50_000)), ("busy-poll: auto", .auto), ("busy-poll: off", .off),
    ("", .off),
  ])
  func `the configuration says how long`(_ text: String, setting: BusyPoll) throws {
    #expect(try ConfigurationFixture.read(("u.yaml", text)).busyPoll == setting)
  }

  @Test func `what is no duration is refused`() {
    #expect(
      ConfigurationFixture.complaints(("u.yaml", "busy-poll: 50\n")) == [
        "u.yaml:1:12: busy-poll: is 50; allowed is a number with ns, us, ms, s, min or h, from 1us to 1s, or auto, or off"
      ])
  }
}

/// What `busy-poll: auto` makes of rounds, each with its time in microseconds.
struct AdaptivePollTests {
  /// Rounds that brought so many frames each, one every 40 µs, and the time of the last.
  private func polling(frames: [Int]) -> (BusyPolling, last: UInt64) {
    var polling = BusyPolling()
    polling.setting = .auto
    var now: UInt64 = 1_000_000_000
    for count in frames {
      now += 40_000
      polling.note(now, frames: count, isFruitful: true)
    }
    return (polling, now)
  }
  /// The first of them comes after a pause.
  private let quick = [Int](repeating: 2, count: BusyPolling.believed + 1)

  @Test func `the thread stays awake after enough quick rounds, and for 50 µs without a frame`() {
    var (polling, now) = polling(frames: quick)
    #expect(polling.isWakeful(at: now))
    polling.note(now + 3_000, frames: 0, isFruitful: false)
    #expect(polling.isWakeful(at: now + 52_999))
    #expect(!polling.isWakeful(at: now + 53_000))
    now += 50_000
    polling.note(now, frames: 1, isFruitful: true)
    #expect(polling.isWakeful(at: now))
  }

  @Test func `one quick round less does not keep it awake`() {
    let (polling, now) = polling(frames: quick.dropLast())
    #expect(!polling.isWakeful(at: now))
  }

  @Test func `a frame that did not come soon makes it sleep again`() {
    var (polling, now) = polling(frames: quick)
    polling.note(now + 3_000, frames: 0, isFruitful: false)
    polling.note(now + 53_000, frames: 0, isFruitful: false)
    now += 60_000
    polling.note(now, frames: 1, isFruitful: true)
    #expect(!polling.isWakeful(at: now))
  }

  @Test func `a batch makes it sleep again`() {
    let (polling, now) = polling(frames: quick + [BusyPolling.few + 1])
    #expect(!polling.isWakeful(at: now))
  }

  @Test func `batches never keep it awake`() {
    let (polling, now) = polling(frames: [Int](repeating: 64, count: 100))
    #expect(!polling.isWakeful(at: now))
  }

  @Test func `commands do not count`() {
    var (polling, now) = polling(frames: Array(quick.dropLast()))
    for _ in 0..<10 {
      now += 1_000
      polling.note(now, frames: 0, isFruitful: true)
    }
    #expect(!polling.isWakeful(at: now))
  }

  @Test func `another setting begins anew`() {
    var (polling, now) = polling(frames: quick)
    polling.setting = .auto
    #expect(!polling.isWakeful(at: now))
  }
}
