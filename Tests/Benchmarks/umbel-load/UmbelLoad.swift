import ArgumentParser
import CBenchmark

// umbel-load puts clients on an Ethernet switch and measures what it carries between them. The clients are the same
// code for every switch, so that only the switch differs: a Unix socket of umbeld (bess), vde_switch or uml_switch
// (their protocol 3), a UDP multicast group, a TAP that is a port of a bridge, or a bare socket pair with no switch at
// all, which is the bound.
//
// Sockets block. A sender is therefore as fast as the switch lets it be, and what is missing at the receiver was lost in
// the switch. Before anything is measured each client has heard a broadcast of the other, so that the switch knows both.

/// The load generator's command line.
@main
struct UmbelLoad: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "umbel-load",
    abstract: "Measure an Ethernet switch between its clients.",
    discussion: """
      WAY is how a client joins the switch:
        seqpacket:PATH              a SOCK_SEQPACKET, one frame a message (umbeld's door "bess")
        stream:PATH                 a SOCK_STREAM, each frame behind its length (umbeld's door "stream")
        vde:PATH                    uml_switch and VDE, protocol 3: the control socket or its directory
        mcast:GROUP:PORT[:ADDRESS]  UDP multicast, by the interface that has ADDRESS
        tap:NAME                    a TAP device that is there; each client needs one of its own
        pair                        a socket pair and no switch
      Both clients use the first way; a second way, where given, is the receiver's.
      """,
    subcommands: [Pair.self, Flood.self, Ping.self, Pour.self, Datagrams.self])
}

/// What every measurement is told.
struct CommonOptions: ParsableArguments {
  @Argument(help: "How the sender joins the switch.") var way: Way
  @Argument(help: "How the receiver joins it.") var receiverWay: Way?
  @Option(help: "Bytes a frame, 60 to 9216.") var size = 64
  @Option(help: "The clients' socket buffers in bytes; 0: the kernel's default.") var buffer: Int32 = 0
  @Option(help: "The switch's process, to report the CPU time that it uses; again for each further one.")
  var pid: [Int32] = []
  @Flag(help: "Print one JSON object instead of key=value pairs.") var json = false

  func validate() throws {
    guard (60...9216).contains(size) else { throw ValidationError("--size is 60 to 9216 bytes") }
  }

  /// Both clients, joined to the switch and known to it.
  func clients() throws(LoadError) -> (sender: Client, receiver: Client) {
    try clients(way, receiverWay ?? way, number: 1)
  }

  /// Two clients by two ways, joined to the switch and known to it, with the addresses `number` and the next.
  func clients(_ first: Way, _ second: Way, number: UInt64) throws(LoadError) -> (sender: Client, receiver: Client) {
    let ends = try Way.open(first, second)
    let sender = try client(ends.0, number: number)
    let receiver = try client(ends.1, number: number + 1)
    try sender.meet(receiver)
    return (sender, receiver)
  }

  func client(_ endpoint: benchmark_endpoint, number: UInt64) throws(LoadError) -> Client {
    let client = Client(endpoint: endpoint, number: number)
    if buffer > 0 { try client.setBuffers(bytes: buffer) }
    return client
  }

  /// CPU nanoseconds that the switch has used so far; nil without `--pid`.
  func cpuNanoseconds() throws(LoadError) -> Int64? {
    guard !pid.isEmpty else { return nil }
    var sum: Int64 = 0
    for process in pid {
      let used = switchCPUNanoseconds(process)
      guard used >= 0 else { throw .noProcess(process) }
      sum += used
    }
    return sum
  }
}
