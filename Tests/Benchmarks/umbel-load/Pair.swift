import ArgumentParser

/// Throughput: one client sends as fast as the switch takes it, the other counts.
struct Pair: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Frames a second from one client to another, loss, and CPU time of the switch.")

  /// The simple IMIX: 7 frames of 64 bytes, 4 of 594 and 1 of 1,518, mixed; less 4 bytes each, the checksum of the wire.
  static let imix = [60, 590, 60, 60, 590, 60, 1_514, 60, 590, 60, 590, 60]

  @OptionGroup var common: CommonOptions
  @OptionGroup var options: ThroughputOptions
  @Option(help: "Source addresses that each sender uses in turn.") var stations = 1
  @Option(help: "Pairs of clients at once.") var flows = 1
  @Flag(help: "Both clients of a pair send and count.") var both = false
  @Flag(help: "Frames of 60, 590 and 1514 bytes, 7 to 4 to 1, instead of one size.") var imix = false
  @Option(help: "One more switch that works at once, with clients of its own; may be given again.") var also: [Way] = []

  func validate() throws {
    guard (1...16_777_216).contains(stations) else { throw ValidationError("--stations is 1 to 16777216") }
    guard flows > 0, 2 * flows * (1 + also.count) < 255 else { throw ValidationError("at most 127 pairs") }
  }

  func run() throws {
    var flows: [(sender: Client, receivers: [Client], destination: Address)] = []
    for (first, second) in [(common.way, common.receiverWay ?? common.way)] + also.map({ ($0, $0) }) {
      for _ in 0..<self.flows {
        let number = 2 * UInt64(both ? flows.count / 2 : flows.count) + 1
        let (sender, receiver) = try common.clients(first, second, number: number)
        flows.append((sender, [receiver], receiver.address))
        if both { flows.append((receiver, [sender], sender.address)) }
      }
    }
    try Throughput(
      mode: "pair", common: common, options: options, sizes: imix ? Pair.imix : [common.size], stations: stations
    ).run(flows)
  }
}
