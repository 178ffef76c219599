import ArgumentParser

/// What measurements of throughput are told.
struct ThroughputOptions: ParsableArguments {
  @Option(help: "Frames that each sender sends.") var frames = 500_000
  @Option(help: "Frames to send before, which are not measured.") var warmUp = 20_000
  @Option(help: "Frames a system call, 1 to 64.") var batch = 64

  func validate() throws {
    guard (1...Batch.slots).contains(batch) else { throw ValidationError("--batch is 1 to \(Batch.slots)") }
    guard frames > 0, warmUp >= 0 else { throw ValidationError("--frames is 1 or more") }
  }
}

/// A measurement of streams that run at once.
struct Throughput {
  let mode: String
  let common: CommonOptions
  let options: ThroughputOptions
  var sizes: [Int]
  var stations = 1

  /// Runs the streams of (sender, receivers, destination) and prints what came of them. Rates and loss count what
  /// arrives: for a flood, each copy.
  func run(_ flows: [(sender: Client, receivers: [Client], destination: Address)]) throws {
    func streams(_ frames: Int, _ kind: FrameKind) -> [Stream] {
      flows.map { flow in
        Stream(
          sender: flow.sender, receivers: flow.receivers, destination: flow.destination, frames: frames, sizes: sizes,
          batch: options.batch, stations: stations, kind: kind)
      }
    }
    // Every station is learned before the measurement.
    if options.warmUp > 0 { _ = try Stream.run(streams(max(options.warmUp, stations), .warmUp)) }

    let before = try common.cpuNanoseconds()
    let arrivals = try Stream.run(streams(options.frames, .data))
    let after = try common.cpuNanoseconds()

    let expected = flows.reduce(0) { $0 + $1.receivers.count * options.frames }
    let seconds = arrivals.received > 0 ? Double(arrivals.lastAt - arrivals.begin) / 1e9 : 0
    var report = Report()
    report.add("mode", mode)
    report.add("way", common.way.description)
    report.add("size", sizes.count == 1 ? String(sizes[0]) : "imix")
    report.add("stations", stations)
    report.add("flows", flows.count)
    report.add("receivers", flows.reduce(0) { $0 + $1.receivers.count })
    report.add("sent", flows.count * options.frames)
    report.add("received", arrivals.received)
    report.add("misordered", arrivals.misordered)
    report.add("altered", arrivals.altered)
    report.add("seconds", seconds, digits: 4)
    report.add("frames_per_second", seconds > 0 ? Double(arrivals.received) / seconds : 0, digits: 0)
    report.add("loss_percent", 100 * (1 - Double(arrivals.received) / Double(expected)), digits: 3)
    if let before, let after {
      report.add("switch_cpu_seconds", Double(after - before) / 1e9, digits: 4)
      let perFrame = Double(after - before) / 1e3 / Double(max(1, arrivals.received))
      report.add("switch_cpu_microseconds_per_frame", perFrame, digits: 3)
    }
    report.print(json: common.json)
  }
}
