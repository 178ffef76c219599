import CTransport
import Glibc
import LinuxIO
import Synchronization
package import TransportKit

/// A UDP port of one family, with the socket that hears it and a port for each VNI.
///
/// The control thread binds the socket, once, when it is free, or takes over that of the process before; it stays until the endpoint is freed with its last port.
/// It also keeps memberships, which the socket has but the forwarding thread need not know of.
@safe
package final class VXLANEndpoint: TransportEndpoint {
  private struct Membership: Hashable {
    let group: IPAddress
    let interface: UInt32
  }

  let family: Int32
  let udpPort: UInt16

  // Control thread.
  private var vnis: [UInt32: Bool] = [:]
  private var memberships: [Membership: Int] = [:]

  /// -1: not bound yet. Written once, by the control thread.
  private let socketNumber = Atomic<Int32>(-1)
  // Forwarding thread.
  private let receiver: UnsafeMutablePointer<VXLANReceiver>
  private let sender: UnsafeMutablePointer<SegmentSender>
  private var nextTick = UInt64.max

  private init(family: Int32, udpPort: UInt16) throws(Errno) {
    self.family = family
    self.udpPort = udpPort
    unsafe receiver = .allocate(capacity: 1)
    unsafe sender = .allocate(capacity: 1)
    do throws(Errno) {
      unsafe receiver.initialize(to: try VXLANReceiver())
    } catch {
      unsafe receiver.deallocate()
      unsafe sender.deallocate()
      throw error
    }
    // A batch for two peers, such as a flooded one, goes out in one call.
    unsafe sender.initialize(to: SegmentSender(capacity: 256))
    super.init()
  }

  deinit {
    if socket >= 0 { _ = Glibc.close(socket) }
    unsafe receiver.deinitialize(count: 1)
    unsafe receiver.deallocate()
    unsafe sender.deinitialize(count: 1)
    unsafe sender.deallocate()
  }

  // MARK: Control thread

  /// Endpoints by family and port. All ports open and close on one control thread; a test has several.
  private static let registry = Mutex<[Key: WeakEndpoint]>([:])

  private struct Key: Hashable {
    let family: Int32
    let port: UInt16
  }

  private struct WeakEndpoint {
    weak var endpoint: VXLANEndpoint?
  }

  /// The endpoint of that family and port, made when there is none, with a place for the VNI.
  /// - Throws: the VNI is taken.
  static func admitting(_ settings: VXLANSettings) throws(TransportProblem) -> VXLANEndpoint {
    let key = Key(family: settings.family, port: settings.port)
    let (endpoint, problem) = registry.withLock { registry -> (VXLANEndpoint?, TransportProblem?) in
      if let found = registry[key]?.endpoint { return (found, nil) }
      do throws(Errno) {
        let made = try VXLANEndpoint(family: settings.family, udpPort: settings.port)
        registry[key] = WeakEndpoint(endpoint: made)
        return (made, nil)
      } catch {
        return (nil, TransportProblem("no memory to receive into: \(error)", code: error.code))
      }
    }
    guard let endpoint else { throw problem! }
    guard endpoint.vnis[settings.vni] == nil else {
      throw TransportProblem(
        "vni \(settings.vni) on UDP port \(settings.port) is another port's of this agent: choose another vni or port",
        option: "vni", code: EADDRINUSE)
    }
    guard endpoint.vnis.count < VXLANReceiver.mostPorts else {
      throw TransportProblem(
        "UDP port \(settings.port) carries \(VXLANReceiver.mostPorts) VNIs already: choose another port",
        option: "port", code: ENOSPC)
    }
    endpoint.setTakesRuns(settings.takesRuns, vni: settings.vni)
    return endpoint
  }

  /// A port ends.
  func dismiss(_ vni: UInt32) {
    vnis[vni] = nil
    applyRuns()
  }

  /// The socket, -1 before it is bound.
  var socket: Int32 { socketNumber.load(ordering: .acquiring) }

  /// Binds the socket unless that is done.
  /// - Returns: whether it was done now.
  func bind() throws(Errno) -> Bool {
    guard socket < 0 else { return false }
    let made = try TunnelSocket.receiver(family: family, port: udpPort)
    socketNumber.store(made.release(), ordering: .releasing)
    applyRuns()
    return true
  }

  /// Takes over the socket of the process before; a port of this endpoint may have brought it already.
  /// - Returns: whether it was taken.
  func adopt(_ kept: consuming Descriptor) -> Bool {
    guard socket < 0 else { return false }
    socketNumber.store(kept.release(), ordering: .releasing)
    applyRuns()
    return true
  }

  /// Merged datagrams are taken if all ports want them.
  func setTakesRuns(_ takesRuns: Bool, vni: UInt32) {
    vnis[vni] = takesRuns
    applyRuns()
  }

  private func applyRuns() {
    guard socket >= 0 else { return }
    // A kernel without it (before 5.0) hands datagrams over one by one.
    try? setSocketOption(socket, UDPOption.level, UDPOption.gro, vnis.values.allSatisfy { $0 } ? 1 : 0)
  }

  /// Makes the socket a member, or counts one port more that wants it to be.
  func join(_ group: IPAddress, interface: UInt32) throws(Errno) {
    let membership = Membership(group: group, interface: interface)
    if memberships[membership] == nil { try MulticastSocket.join(group, interface: interface, socket: socket) }
    memberships[membership, default: 0] += 1
  }

  /// A port needs a membership no more.
  func leave(_ group: IPAddress, interface: UInt32) {
    let membership = Membership(group: group, interface: interface)
    guard let count = memberships[membership] else { return }
    memberships[membership] = count > 1 ? count - 1 : nil
    // The interface may be gone, and its membership with it.
    if count == 1 { try? MulticastSocket.leave(group, interface: interface, socket: socket) }
  }

  // MARK: Forwarding thread

  package override func descriptors(_ list: inout DescriptorList) {
    if socket >= 0 { list.append(socket) }
  }

  package override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    unsafe receiver.pointee.receive(from: socket, into: &batch)
  }

  package override var deadline: UInt64 { nextTick }

  package override func tick(now: UInt64) {
    nextTick = now &+ Self.tickNanoseconds
    unsafe receiver.pointee.tick(now: now)
  }

  package override func ready(token: UInt64, events: UInt32) {
    // Reading an error clears it, so that the descriptor does not report it for ever.
    _ = try? socketOption(socket, SOL_SOCKET, SO_ERROR)
  }

  private static let tickNanoseconds: UInt64 = 30_000_000_000

  /// Begins to carry a port.
  func start(_ port: UnsafeMutablePointer<VXLANForwarder>) -> Int32 {
    if nextTick == .max { nextTick = monotonicNanoseconds() &+ Self.tickNanoseconds }
    return unsafe receiver.pointee.add(port) ? 0 : -ENOSPC
  }

  func stop(_ port: UnsafeMutablePointer<VXLANForwarder>) { unsafe receiver.pointee.remove(port) }

  func send(_ frames: SendBatch, by port: UnsafeMutablePointer<VXLANForwarder>) -> SendOutcome {
    unsafe port.pointee.send(frames, with: sender)
  }

  func report(_ port: UnsafeMutablePointer<VXLANForwarder>, to counters: inout CounterList) {
    unsafe port.pointee.report(to: &counters)
    if unsafe receiver.pointee.isFirst(port) { unsafe receiver.pointee.report(to: &counters, socket: socket) }
  }
}
