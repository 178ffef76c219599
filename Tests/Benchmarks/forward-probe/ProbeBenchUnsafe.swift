import Agent
import AllocationCounter
import CBenchmark
import CTransport
import Glibc
import LinuxIO
import Switching
import TransportHost

/// Why the bench cannot be built or does not carry frames.
struct ProbeFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A LAN with one sending client and some receiving ones, and the forwarder between them.
@safe
final class ProbeBench {
  private let forwarder: SteppedForwarder
  private let transport: LoadedTransport
  private let lan: UnsafeMutablePointer<LANContext>
  private var clients: [benchmark_endpoint] = []
  private let batch: OpaquePointer
  /// As in an agent with a trunk, whose datagrams are looked for.
  private let underlay = UnderlayMemory([
    (trunk: 1, flow: UnderlayFlow(address: [239, 192, 168, 1], port: 1_102))
  ])
  /// What the forwarder has asked of malloc so far.
  var allocations: UInt64 = 0

  init(plugins: String, receivers: Int) throws {
    forwarder = try SteppedForwarder()
    transport = try LoadedTransport.load("socket", from: try PluginDirectory(plugins), hooks: .probe)
    guard let batch = unsafe benchmark_batch_create() else { throw ProbeFailure("no memory for a batch") }
    unsafe self.batch = batch
    unsafe lan = .allocate(capacity: 1)
    unsafe lan.initialize(to: try LANContext(configuration: SwitchConfiguration(), seed: (1, 2)))
    _ = unsafe forwarder.carryOut(.addLAN(lan))
    _ = unsafe forwarder.carryOut(.setUnderlay(underlay.table))
    for _ in 0...receivers { try addPort() }
  }

  private func addPort() throws {
    var guest = benchmark_endpoint()
    var host = benchmark_endpoint()
    guard unsafe benchmark_open_pair(&guest, &host) == 0 else { throw ProbeFailure("no socketpair") }
    unsafe _ = benchmark_set_buffers(&guest, 4 << 20)
    let flags = fcntl(host.descriptor, F_GETFL)
    _ = fcntl(host.descriptor, F_SETFL, flags | O_NONBLOCK)
    guard let number = PortNumbers.shared.take() else { throw ProbeFailure("no port number") }
    let client = UnsafeMutablePointer<umbel_client>.allocate(capacity: 1)
    unsafe client.initialize(
      to: umbel_client(
        size: UInt32(MemoryLayout<umbel_client>.size), door: UMBEL_NO_DOOR, descriptor: host.descriptor,
        socket_type: UInt32(SOCK_SEQPACKET.rawValue), user: 0, group: 0, process: 0, zero: 0, state: nil,
        address: nil, directory: nil))
    let values = try transport.description.values(from: [])
    let opened = try unsafe transport.open(
      OpenParameters(number: number, role: .guest, lan: "probe", name: "p\(number)", values: values), client: client)
    let endpoint = UnsafeMutablePointer<EndpointContext>.allocate(capacity: 1)
    unsafe endpoint.initialize(to: EndpointContext(endpoint: opened.endpoint, transport: transport.table))
    let port = UnsafeMutablePointer<PortContext>.allocate(capacity: 1)
    unsafe port.initialize(
      to: try PortContext(
        number: number, role: .guest, lan: lan, transport: transport.table, port: opened.port, endpoint: endpoint,
        settings: GuestDefaults().settings(of: .guest), queueBytes: 1 << 20))
    var state = unsafe umbel_state()
    unsafe state.state = UMBEL_STATE_UP
    unsafe state.most_pieces = HostHooks.probeMostPieces
    unsafe port.pointee.apply(state)
    guard unsafe forwarder.carryOut(.addPort(port)).result == 0 else { throw ProbeFailure("the port was not added") }
    clients.append(guest)
  }

  /// Each receiver says where it is, by a frame to everyone that the others read.
  func learn(size: Int) throws {
    for index in 1..<clients.count {
      fill(from: UInt8(index), to: 0xff, size: size)
      unsafe _ = benchmark_send(batch, &clients[index], 0, 1, UInt32(size))
      forwarder.step()
    }
    for index in clients.indices { try drain(index, expected: index == 0 ? clients.count - 1 : clients.count - 2) }
  }

  /// Sends batches of 64 frames through the forwarder and takes every copy out again.
  /// - Returns: how many frames were sent.
  @discardableResult
  func forward(batches: Int, size: Int) throws -> Int {
    fill(from: 0, to: clients.count == 2 ? 1 : 0xff, size: size)
    let pointer = unsafe Unmanaged.passUnretained(forwarder).toOpaque()
    for _ in 0..<batches {
      let sent = unsafe benchmark_send(batch, &clients[0], 0, UInt32(BENCHMARK_SLOTS), UInt32(size))
      guard sent == BENCHMARK_SLOTS else { throw ProbeFailure("the sending client's socket took \(sent) frames") }
      let before = allocation_count()
      unsafe measuredStep(pointer)
      allocations += allocation_count() - before
      for index in 1..<clients.count { try drain(index, expected: Int(BENCHMARK_SLOTS)) }
    }
    return batches * Int(BENCHMARK_SLOTS)
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

  private func fill(from source: UInt8, to destination: UInt8, size: Int) {
    for slot in 0..<UInt32(BENCHMARK_SLOTS) {
      let frame = unsafe benchmark_slot(batch, slot)!
      let to: [UInt8] = destination == 0xff ? Array(repeating: 0xff, count: 6) : [2, 0, 0, 0, 0, destination]
      for (offset, byte) in (to + [2, 0, 0, 0, 0, source, 0x88, 0xb5]).enumerated() { unsafe frame[offset] = byte }
      for offset in 14..<size { unsafe frame[offset] = UInt8(truncatingIfNeeded: offset) }
    }
  }
}

extension HostHooks {
  /// What the ports of the plugin under test say they take; the last one is as good as any.
  nonisolated(unsafe) static var probeMostPieces: UInt32 = 1

  /// A host that only listens to states.
  static let probe = unsafe HostHooks(
    log: { _, _, _ in }, stateChanged: { _, state in unsafe probeMostPieces = max(1, state.most_pieces) },
    descriptorsChanged: { _ in }, remoteGone: { _, _ in }, watchInterfaces: { _ in }, resolve: { _, _, _ in -1 })
}
