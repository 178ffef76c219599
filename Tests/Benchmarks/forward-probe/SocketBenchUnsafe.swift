import CBenchmark
import Glibc
import LinuxIO
import TransportHost

/// One sending client and some receiving ones, each at a socket of its own.
@safe
final class SocketBench: Bench {
  let lan: ProbeLAN
  private let size: Int
  private let isMixed: Bool
  private var clients: [benchmark_endpoint] = []
  private let batch: OpaquePointer

  /// - Parameters:
  ///   - size: bytes of a frame.
  ///   - isMixed: the sender's frames are of two stations by turns.
  init(plugins: PluginDirectory, size: Int, receivers: Int, isMixed: Bool) throws {
    lan = try ProbeLAN()
    self.size = size
    self.isMixed = isMixed
    guard let batch = unsafe benchmark_batch_create() else { throw ProbeFailure("no memory for a batch") }
    unsafe self.batch = batch
    let transport = try LoadedTransport.load("socket", from: plugins, hooks: .probe)
    for _ in 0...receivers {
      var guest = benchmark_endpoint()
      var host = benchmark_endpoint()
      guard unsafe benchmark_open_pair(&guest, &host) == 0 else { throw ProbeFailure("no socketpair") }
      unsafe _ = benchmark_set_buffers(&guest, 4 << 20)
      _ = fcntl(host.descriptor, F_SETFL, fcntl(host.descriptor, F_GETFL) | O_NONBLOCK)
      try lan.addPort(transport, role: .guest, descriptor: host.descriptor)
      clients.append(guest)
    }
    try learn()
  }

  /// Each receiver says where it is, by a frame to everyone that the others read.
  private func learn() throws {
    for index in 1..<clients.count {
      fill(from: UInt8(index), to: 0xff)
      unsafe _ = benchmark_send(batch, &clients[index], 0, 1, UInt32(size))
      lan.round()
    }
    for index in clients.indices { try drain(index, expected: index == 0 ? clients.count - 1 : clients.count - 2) }
  }

  func round() throws -> Int {
    fill(from: 0, to: clients.count == 2 ? 1 : 0xff)
    if isMixed {
      for slot in 0..<UInt32(BENCHMARK_SLOTS) where slot % 2 == 1 { unsafe benchmark_slot(batch, slot)![11] = 0x80 }
    }
    let sent = unsafe benchmark_send(batch, &clients[0], 0, UInt32(BENCHMARK_SLOTS), UInt32(size))
    guard sent == BENCHMARK_SLOTS else { throw ProbeFailure("the sending client's socket took \(sent) frames") }
    lan.round()
    for index in 1..<clients.count { try drain(index, expected: Int(BENCHMARK_SLOTS)) }
    return Int(BENCHMARK_SLOTS) * (clients.count - 1)
  }

  /// Reads into slots whose contents do not matter: the frames to send are made anew.
  private func drain(_ index: Int, expected: Int) throws {
    var received = 0
    while received < expected {
      let count = unsafe benchmark_receive(
        batch, &clients[index], UInt32(min(expected - received, Int(BENCHMARK_SLOTS))))
      guard count > 0 else { throw ProbeFailure("client \(index) got \(received) of \(expected) frames") }
      received += Int(count)
    }
  }

  private func fill(from source: UInt8, to destination: UInt8) {
    for slot in 0..<UInt32(BENCHMARK_SLOTS) {
      let frame = unsafe benchmark_slot(batch, slot)!
      let to: [UInt8] = destination == 0xff ? Array(repeating: 0xff, count: 6) : [2, 0, 0, 0, 0, destination]
      for (offset, byte) in (to + [2, 0, 0, 0, 0, source, 0x88, 0xb5]).enumerated() { unsafe frame[offset] = byte }
      for offset in 14..<size { unsafe frame[offset] = UInt8(truncatingIfNeeded: offset) }
    }
  }
}
