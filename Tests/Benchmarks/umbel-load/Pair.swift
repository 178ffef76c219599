import ArgumentParser

/// Throughput: one client sends as fast as the switch takes it, the other counts.
struct Pair: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Frames a second from one client to another, loss, and CPU time of the switch.")

  @OptionGroup var common: CommonOptions
  @Option(help: "Frames to send.") var frames = 500_000
  @Option(help: "Frames to send before, which are not measured.") var warmUp = 20_000
  @Option(help: "Frames a system call, 1 to 64.") var batch = 64
  @Option(help: "Source addresses that the sender uses in turn.") var stations = 1

  func validate() throws {
    guard (1...Batch.slots).contains(batch) else { throw ValidationError("--batch is 1 to \(Batch.slots)") }
    guard frames > 0, warmUp >= 0 else { throw ValidationError("--frames is 1 or more") }
    guard (1...16_777_216).contains(stations) else { throw ValidationError("--stations is 1 to 16777216") }
  }

  func run() throws {
    let (sender, receiver) = try common.clients()
    func stream(_ count: Int, _ kind: FrameKind) -> Stream {
      Stream(
        sender: sender, receiver: receiver, frames: count, size: common.size, batch: batch, stations: stations,
        kind: kind)
    }
    // Every station is learned before the measurement.
    if warmUp > 0 { _ = try stream(max(warmUp, stations), .warmUp).run() }

    let before = try common.cpuNanoseconds()
    let (arrivals, begin) = try stream(frames, .data).run()
    let after = try common.cpuNanoseconds()

    let seconds = arrivals.received > 0 ? Double(arrivals.lastAt - begin) / 1e9 : 0
    let rate = seconds > 0 ? Double(arrivals.received) / seconds : 0
    var report = Report()
    report.add("mode", "pair")
    report.add("way", common.way.description)
    report.add("size", common.size)
    report.add("stations", stations)
    report.add("sent", frames)
    report.add("received", arrivals.received)
    report.add("misordered", arrivals.misordered)
    report.add("altered", arrivals.altered)
    report.add("seconds", seconds, digits: 4)
    report.add("frames_per_second", rate, digits: 0)
    report.add("loss_percent", 100 * (1 - Double(arrivals.received) / Double(frames)), digits: 3)
    if let before, let after {
      report.add("switch_cpu_seconds", Double(after - before) / 1e9, digits: 4)
      let perFrame = Double(after - before) / 1e3 / Double(max(1, arrivals.received))
      report.add("switch_cpu_microseconds_per_frame", perFrame, digits: 3)
    }
    report.print(json: common.json)
  }
}
