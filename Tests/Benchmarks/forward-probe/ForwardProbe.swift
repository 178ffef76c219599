// What one forwarded frame costs: allocations and instructions of a forwarder, through a real plugin, the switch, and a
// real plugin again.
//
//   test ──send──> [socketpair] ──receive── plugin ── switch ── plugin ──send──> [socketpair] ──> test
//                                  └──────── ── measuredStep ──────────┘
//
// The forwarder runs on the main thread, a round at a time, so a batch is always the same 64 frames. callgrind collects
// inside `measuredStep` only (--toggle-collect), so clients and set-up do not count.

import Agent
import ArgumentParser
import CBenchmark
import CTransport
import Glibc
import LinuxIO
import Switching
import TransportHost

@main
struct ForwardProbe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward-probe", abstract: "Counts what forwarding a frame costs.")

  @Option(help: "Batches of 64 frames.")
  var batches = 200

  @Option(help: "Bytes of a frame.")
  var size = 1_514

  @Option(help: "Ports that get each frame: 1 is unicast, more is flooding.")
  var receivers = 1

  @Option(help: "Where libumbel-socket.so is. (default: beside this program)")
  var pluginDir: String?

  func validate() throws {
    guard (60...9_216).contains(size), (1...32).contains(receivers), batches > 0 else {
      throw ValidationError("size is 60 to 9216, receivers 1 to 32, batches at least 1")
    }
  }

  func run() throws {
    let program = executablePath() ?? "."
    let directory = pluginDir ?? program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
    let bench = try ProbeBench(plugins: directory, receivers: receivers)
    try bench.learn(size: size)
    // Once with everything touched for the first time, then the measured ones.
    try bench.forward(batches: 4, size: size)
    bench.allocations = 0
    let frames = try bench.forward(batches: batches, size: size)
    print("frames=\(frames) copies=\(frames * receivers) allocations=\(bench.allocations)")
    if bench.allocations > 0 { throw ExitCode.failure }
  }
}

/// The function that callgrind collects in, by its name: one round of the forwarder.
@inline(never)
func measuredStep(_ forwarder: UnsafeMutableRawPointer) {
  unsafe Unmanaged<SteppedForwarder>.fromOpaque(forwarder)._withUnsafeGuaranteedRef { $0.step() }
}
