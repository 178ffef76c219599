import CBenchmark
import Glibc
import LinuxIO
import Switching
import TransportHost

/// A TAP and a trunk over a multicast group, both of this network namespace: frames of one TCP connection from the host's
/// side of the TAP to the group, or the other way.
///
/// Wants root and a namespace whose `lo` takes multicast; its MTU is that of an ordinary underlay.
@safe
final class TrunkBench: Bench {
  enum Path { case plainToTrunk, superToTrunk, trunkToTap }

  /// Segments of a super-frame and of a run: with headers, at most what an IP packet can hold.
  private static let segments = 44
  private static let group = "239.77.77.77"
  private static let port: UInt16 = 7_777
  private static let device = "probe0"

  let lan: ProbeLAN
  private let path: Path
  private let packets: Int32
  private let sender: Int32
  private let receiver: Int32
  private let tap: PortCounters
  private let trunk: PortCounters
  private var sequence: UInt32 = 1

  init(plugins: PluginDirectory, path: Path) throws {
    lan = try ProbeLAN()
    self.path = path
    let device = Self.device
    tap = try lan.addPort(
      try LoadedTransport.load("tap", from: plugins, hooks: .probe), role: .guest,
      options: [("device", .text(device)), ("persistent", .text("false"))])
    trunk = try lan.addPort(
      try LoadedTransport.load("mcast", from: plugins, hooks: .probe), role: .trunk,
      options: [
        ("group", .text(Self.group)), ("port", .text("\(Self.port)")), ("interface", .text("lo")), ("ttl", .text("0")),
      ])
    packets = unsafe probe_open_packet(device)
    sender = unsafe probe_open_group(Self.group, Self.port, 0)
    receiver = unsafe probe_open_group(Self.group, Self.port, 1)
    guard packets >= 0, sender >= 0, receiver >= 0 else {
      throw ProbeFailure("no sockets for the traffic: \(Errno(-min(packets, sender, receiver)))")
    }
    // Both ends say where they are.
    try sendToTap(Segments(fromTap: true, sequence: 0, count: 1), isSuper: false)
    lan.round()
    try sendToTrunk(Segments(fromTap: false, sequence: 0, count: 1))
    lan.round()
    var count: UInt32 = 0
    _ = unsafe probe_discard(receiver, &count)
  }

  func round() throws -> Int {
    switch path {
    case .plainToTrunk: try toTrunk(frames: 64, isSuper: false)
    case .superToTrunk: try toTrunk(frames: 32, isSuper: true)
    case .trunkToTap: try toTap(runs: 5)
    }
  }

  private func toTrunk(frames: Int, isSuper: Bool) throws -> Int {
    let each = isSuper ? Self.segments : 1
    for _ in 0..<frames {
      try sendToTap(Segments(fromTap: true, sequence: sequence, count: each), isSuper: isSuper)
      sequence &+= UInt32(each * Segments.payload)
    }
    var count: UInt32 = 0
    let expected = frames * each
    for _ in 0..<8 where Int(count) < expected {
      lan.round()
      guard unsafe probe_discard(receiver, &count) >= 0 else { throw ProbeFailure("the group cannot be read") }
    }
    guard Int(count) == expected else { throw ProbeFailure("\(count) of \(expected) frames came by the trunk") }
    return expected
  }

  private func toTap(runs: Int) throws -> Int {
    let before = trunk.snapshot().receivedFrames
    let expected = runs * Self.segments
    for _ in 0..<runs {
      try sendToTrunk(Segments(fromTap: false, sequence: sequence, count: Self.segments))
      sequence &+= UInt32(Self.segments * Segments.payload)
    }
    var received = 0
    for _ in 0..<8 where received < expected {
      lan.round()
      received = Int(trunk.snapshot().receivedFrames - before)
    }
    var count: UInt32 = 0
    _ = unsafe probe_discard(receiver, &count)
    let lost = trunk.snapshot().dropped + tap.snapshot().dropped
    guard received == expected, lost == 0 else {
      throw ProbeFailure("\(received) of \(expected) frames came in, \(lost) were lost")
    }
    return expected
  }

  private func sendToTap(_ segments: Segments, isSuper: Bool) throws {
    let frame = isSuper ? segments.superFrame : segments.frames[0]
    let result = unsafe frame.withUnsafeBytes { bytes in
      unsafe probe_send_packet(
        packets, bytes.baseAddress, UInt32(bytes.count), isSuper ? UInt16(Segments.payload) : 0,
        UInt16(Segments.transport))
    }
    guard result == 0 else { throw ProbeFailure("the TAP takes no frame: \(Errno(-result))") }
  }

  private func sendToTrunk(_ segments: Segments) throws {
    let bytes = segments.finishedFrames.flatMap { $0 }
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe probe_send_run(
        sender, Self.group, Self.port, bytes.baseAddress, UInt32(bytes.count),
        UInt16(Segments.headers + Segments.payload))
    }
    guard result == 0 else { throw ProbeFailure("the group takes no run: \(Errno(-result))") }
  }
}
