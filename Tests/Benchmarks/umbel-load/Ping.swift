import ArgumentParser
import Glibc
import LinuxIO

/// Latency: one frame at a time, there and back.
struct Ping: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Round trip from one client to another that answers each frame at once.")

  @OptionGroup var common: CommonOptions
  @Option(help: "Round trips.") var count = 20_000
  @Option(help: "Round trips before, which are not measured.") var warmUp = 1_000

  func validate() throws {
    guard count > 0, warmUp >= 0 else { throw ValidationError("--count is 1 or more") }
  }

  func run() throws {
    let (sender, receiver) = try common.clients()
    let done = Latch()
    let echo = Worker { Result { () throws(LoadError) in try Ping.answer(receiver, size: common.size, until: done) } }
    let before = try common.cpuNanoseconds()
    let trips = Result { () throws(LoadError) in try travel(sender, receiver) }
    let after = try common.cpuNanoseconds()
    done.raise()
    try echo.join().get()
    let nanoseconds = try trips.get().sorted()

    var report = Report()
    report.add("mode", "ping")
    report.add("way", common.way.description)
    report.add("size", common.size)
    report.add("sent", count)
    report.add("received", nanoseconds.count)
    for (name, share) in [("min", 0), ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1)] {
      guard !nanoseconds.isEmpty else { break }
      let index = min(nanoseconds.count - 1, Int(Double(nanoseconds.count) * share))
      report.add("\(name)_microseconds", Double(nanoseconds[index]) / 1e3, digits: 1)
    }
    if let before, let after {
      report.add(
        "switch_cpu_microseconds_per_frame", Double(after - before) / 1e3 / Double(2 * (count + warmUp)), digits: 3)
    }
    report.print(json: common.json)
  }

  /// The measured round trips, in nanoseconds. A frame that is not back after the sockets' timeout is left out.
  private func travel(_ sender: Client, _ receiver: Client) throws(LoadError) -> [UInt64] {
    let slots = try Batch()
    var nanoseconds: [UInt64] = []
    nanoseconds.reserveCapacity(count)
    for number in 0..<(warmUp + count) {
      slots.write(
        slot: 0, to: receiver.address, from: sender.address, kind: .ping, sequence: UInt64(number))
      let begin = monotonicNanoseconds()
      let sent = slots.send(by: sender.endpoint, first: 0, end: 1, size: common.size)
      guard sent == 1 || sent == -EAGAIN else { throw .closed(Errno(-sent)) }
      while true {
        let received = slots.receive(by: sender.endpoint, limit: 1)
        if received == -EAGAIN { break }
        guard received == 1 else { throw .closed(Errno(-received)) }
        guard slots.sequence(slot: 0, for: sender.address, kind: .ping) == UInt64(number) else { continue }
        if number >= warmUp { nanoseconds.append(monotonicNanoseconds() - begin) }
        break
      }
    }
    return nanoseconds
  }

  /// Sends each frame back to where it came from.
  private static func answer(_ client: Client, size: Int, until done: Latch) throws(LoadError) {
    let slots = try Batch()
    while !done.isRaised {
      let received = slots.receive(by: client.endpoint, limit: 1)
      if received == -EAGAIN { continue }
      guard received == 1 else { throw .closed(Errno(-received)) }
      guard let sequence = slots.sequence(slot: 0, for: client.address, kind: .ping) else { continue }
      slots.write(slot: 0, to: slots.source(slot: 0), from: client.address, kind: .ping, sequence: sequence)
      let sent = slots.send(by: client.endpoint, first: 0, end: 1, size: size)
      guard sent == 1 || sent == -EAGAIN else { throw .closed(Errno(-sent)) }
    }
  }
}
