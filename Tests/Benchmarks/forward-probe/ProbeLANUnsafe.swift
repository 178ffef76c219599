import Agent
import AllocationCounter
import CBenchmark
import CTransport
import Glibc
import LinuxIO
import Recording
import Switching
import TransportHost

/// Why the bench cannot be built or does not carry frames.
struct ProbeFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A LAN, and the forwarder that looks after it on this thread.
@safe
final class ProbeLAN {
  private let forwarder: SteppedForwarder
  private let lan: UnsafeMutablePointer<LANContext>
  /// As in an agent with a trunk, whose datagrams are looked for.
  private let underlay = UnderlayMemory([
    (trunk: 1, flow: UnderlayFlow(address: [239, 192, 168, 1], port: 1_102))
  ])
  private var rings = unsafe CaptureRings()
  /// Whether ``round()`` counts.
  var isMeasuring = false
  /// What the forwarder has asked of malloc in measured rounds.
  private(set) var allocations: UInt64 = 0

  init() throws {
    forwarder = try SteppedForwarder()
    unsafe lan = .allocate(capacity: 1)
    unsafe lan.initialize(to: try LANContext(configuration: SwitchConfiguration(), seed: (1, 2)))
    _ = unsafe forwarder.carryOut(.addLAN(lan))
    _ = unsafe forwarder.carryOut(.setUnderlay(underlay.table))
  }

  /// Adds a port that is up.
  /// - Returns: its counters.
  @discardableResult
  func addPort(
    _ transport: LoadedTransport, role: TransportHost.PortRole, options: [(name: String, text: OptionText)] = [],
    descriptor: Int32? = nil
  ) throws -> PortCounters {
    guard let number = PortNumbers.shared.take() else { throw ProbeFailure("no port number") }
    var client: UnsafeMutablePointer<umbel_client>?
    if let descriptor {
      unsafe client = .allocate(capacity: 1)
      unsafe client!.initialize(
        to: umbel_client(
          size: UInt32(MemoryLayout<umbel_client>.size), door: UMBEL_NO_DOOR, descriptor: descriptor,
          socket_type: UInt32(SOCK_SEQPACKET.rawValue), user: 0, group: 0, process: 0, zero: 0, state: nil,
          address: nil, directory: nil))
    }
    let values = try transport.description.values(from: options)
    let opened = try unsafe transport.open(
      OpenParameters(number: number, role: role, lan: "probe", name: "p\(number)", values: values), client: client)
    let state = unsafe HostHooks.probeState
    guard unsafe state.state == UMBEL_STATE_UP else { throw ProbeFailure("\(transport.description.name) is not up") }
    let endpoint = UnsafeMutablePointer<EndpointContext>.allocate(capacity: 1)
    unsafe endpoint.initialize(to: EndpointContext(endpoint: opened.endpoint, transport: transport.table))
    let port = UnsafeMutablePointer<PortContext>.allocate(capacity: 1)
    unsafe port.initialize(
      to: try PortContext(
        number: number, role: role == .trunk ? .trunk : .guest, lan: lan, transport: transport.table,
        port: opened.port, endpoint: endpoint, settings: GuestDefaults().settings(of: role), queueBytes: 1 << 20))
    unsafe port.pointee.apply(state)
    guard unsafe forwarder.carryOut(.addPort(port)).result == 0 else { throw ProbeFailure("the port was not added") }
    return unsafe port.pointee.counters
  }

  /// Gives the LAN a flight recorder. It lasts as long as the program.
  func record() throws {
    let writer = UnsafeMutablePointer<RingWriter>.allocate(capacity: 1)
    unsafe writer.initialize(to: RingWriter(try RingMemory(byteCount: 8 << 20, snaplen: 128)))
    unsafe rings.recorder = writer
    _ = unsafe forwarder.carryOut(.setRings(lan, rings))
  }

  /// Has a client capture the LAN.
  func capture() throws {
    let capture = UnsafeMutablePointer<LiveCapture>.allocate(capacity: 1)
    unsafe capture.initialize(
      to: LiveCapture(try RingMemory(byteCount: 4 << 20, snaplen: 128), filter: CaptureFilter(), ports: []))
    unsafe rings.add(capture)
    _ = unsafe forwarder.carryOut(.setRings(lan, rings))
  }

  /// One round of the forwarder.
  func round() {
    guard isMeasuring else { return forwarder.step() }
    let before = allocation_count()
    unsafe measuredStep(Unmanaged.passUnretained(forwarder).toOpaque())
    allocations += allocation_count() - before
  }
}

extension HostHooks {
  /// What the port that was opened last says of itself.
  nonisolated(unsafe) static var probeState = unsafe umbel_state()

  /// A host that only listens to states.
  static let probe = unsafe HostHooks(
    log: { _, _, _ in }, stateChanged: { _, state in unsafe probeState = state },
    descriptorsChanged: { _ in }, remoteGone: { _, _ in }, watchInterfaces: { _ in }, resolve: { _, _, _ in -1 })
}
