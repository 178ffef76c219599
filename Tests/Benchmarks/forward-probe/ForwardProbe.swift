// What one forwarded frame costs: allocations and instructions of a forwarder, through a real plugin, the switch, and a
// real plugin again.
//
//   test ──send──> [socket] ──receive── plugin ── switch ── plugin ──send──> [socket] ──> test
//                             └───────────── measuredStep ─────────────┘
//
// The forwarder runs on the main thread, a round at a time, so a round always finds the same frames. callgrind collects
// inside `measuredStep` only (--toggle-collect), so clients and set-up do not count. What the kernel does is not counted.

import Agent
import ArgumentParser
import LinuxIO
import TransportHost

@main
struct ForwardProbe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward-probe", abstract: "Counts what forwarding a frame costs.")

  @Option(help: "Rounds of some batches.")
  var batches = 200

  @Option(help: "Bytes of a frame.")
  var size = 1_514

  @Option(help: "Ports that get each frame: 1 is unicast, more is flooding.")
  var receivers = 1

  @Flag(help: "Two stations send by turns, so that no frame of a batch is like the one before it.")
  var mixed = false

  @Flag(help: "The LAN has a flight recorder, of the usual 128 bytes a frame.")
  var record = false

  @Flag(help: "A client captures the LAN, 128 bytes of each frame.")
  var capture = false

  @Option(help: "Where libumbel-socket.so is. (default: beside this program)")
  var pluginDir: String?

  @Option(
    help: """
      What is measured: "socket", from a guest's socket to others; "tap-trunk", "tap-trunk-super" and "trunk-tap", TCP \
      between a TAP and a multicast group, of which a copy is one segment (wants root and a network namespace of its own).
      """)
  var path = Path.socket

  enum Path: String, CaseIterable, ExpressibleByArgument {
    case socket
    case tapTrunk = "tap-trunk"
    case tapTrunkSuper = "tap-trunk-super"
    case trunkTap = "trunk-tap"
  }

  func validate() throws {
    guard (60...9_216).contains(size), (1...32).contains(receivers), batches > 0 else {
      throw ValidationError("size is 60 to 9216, receivers 1 to 32, batches at least 1")
    }
  }

  func run() throws {
    let program = executablePath() ?? "."
    let directory = pluginDir ?? program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
    let plugins = try PluginDirectory(directory)
    let bench: any Bench =
      switch path {
      case .socket: try SocketBench(plugins: plugins, size: size, receivers: receivers, isMixed: mixed)
      case .tapTrunk: try TrunkBench(plugins: plugins, path: .plainToTrunk)
      case .tapTrunkSuper: try TrunkBench(plugins: plugins, path: .superToTrunk)
      case .trunkTap: try TrunkBench(plugins: plugins, path: .trunkToTap)
      }
    if record { try bench.lan.record() }
    if capture { try bench.lan.capture() }
    // With everything touched for the first time.
    for _ in 0..<4 { _ = try bench.round() }
    bench.lan.isMeasuring = true
    var copies = 0
    for _ in 0..<batches { copies += try bench.round() }
    print("copies=\(copies) allocations=\(bench.lan.allocations)")
    if bench.lan.allocations > 0 { throw ExitCode.failure }
  }
}

/// Work that comes back to the same state, and can be done any number of times.
protocol Bench {
  var lan: ProbeLAN { get }
  /// Brings frames, lets the forwarder carry them in measured rounds, and takes them out again.
  /// - Returns: copies of a frame that came out.
  func round() throws -> Int
}

/// The function that callgrind collects in, by its name: one round of the forwarder.
@inline(never)
func measuredStep(_ forwarder: UnsafeMutableRawPointer) {
  unsafe Unmanaged<SteppedForwarder>.fromOpaque(forwarder)._withUnsafeGuaranteedRef { $0.step() }
}
