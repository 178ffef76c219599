import ArgumentParser

/// Flooding: one client sends to everyone, all others count their copies.
struct Flood: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copies a second of one client's broadcasts to many, loss, and CPU time of the switch a copy.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var options: ThroughputOptions
  @Option(help: "Clients that receive, 1 to 250.") var receivers = 16

  func validate() throws {
    guard (1...250).contains(receivers) else { throw ValidationError("--receivers is 1 to 250") }
    guard common.way != .pair else { throw ValidationError("a pair floods nothing") }
  }

  func run() throws {
    let sender = try common.client(common.way.open(), number: 1)
    var others: [Client] = []
    for number in 0..<receivers {
      others.append(try common.client((common.receiverWay ?? common.way).open(), number: 2 + UInt64(number)))
    }
    try sender.reach(others)
    try Throughput(mode: "flood", common: common, options: options, sizes: [common.size])
      .run([(sender, others, Client.everyone)])
  }
}
