import CLinux
package import CTransport
import Glibc
import LinuxIO
import Synchronization
package import TransportKit

/// A configured port that is a client of a stream server, such as a QEMU that listens: the frames of StreamPort.
///
///     idle ── open, retry ──> made ── start, commit ──> connecting ── writable ──> up ── end of stream ──> idle
///               (control)                                   └────── refused, 10 s ────────────────────────> idle
///
/// The control thread makes sockets and closes them, the forwarding thread uses one: a new one passes by prepare and
/// commit, the one before it comes back the same way. One that is over is shut down at once, so that the peer knows.
@safe
package final class ConnectPort: TransportPort {
  private enum Phase: Int {
    /// No socket of use: a retry may make one.
    case idle
    /// One is made; the forwarding thread has not seen it yet.
    case made
    case connecting
    case up
  }

  private static let connectNanoseconds: UInt64 = 10_000_000_000

  // Control thread.
  private let target: ConnectTarget
  private var addresses: [SocketAddress] = []
  private var isResolving = false
  private var bufferBytes: Int

  // From one to the other.
  private var pending: ConnectAttempt?
  private var pendingBufferBytes: Int?
  private var retired: Int32 = -1
  /// From idle to made by the control thread, all else by the forwarding thread.
  private let phase = Atomic<Int>(Phase.idle.rawValue)

  // Forwarding thread.
  private var current: Int32 = -1
  private var connectDeadline = UInt64.max
  private let reader: UnsafeMutablePointer<StreamReader>
  private let writer: UnsafeMutablePointer<StreamWriter>

  package init(_ configuration: PortConfiguration, connect text: String, host: HostPort) throws(TransportProblem) {
    target = try ConnectTarget(text)
    bufferBytes = configuration.size("buffers") ?? 4 << 20
    let adopted = configuration.adopted
    let rest = try adopted.map { heritage throws(TransportProblem) in try StreamRest(heritage) } ?? StreamRest()
    current = try adopted?.sockets([SOCK_STREAM.rawValue])[0] ?? -1
    unsafe reader = .allocate(capacity: 1)
    unsafe reader.initialize(to: StreamReader(port: configuration.number, unread: rest.unread))
    unsafe writer = .allocate(capacity: 1)
    unsafe writer.initialize(to: StreamWriter(unsent: rest.unsent))
    super.init(configuration, host: host)
    if adopted == nil {
      tryAgain()
    } else {
      requestBuffer(bufferBytes, of: current)
      goUp()
    }
  }

  // MARK: Control thread

  package override func prepare(_ change: Change) throws(TransportProblem) -> Bool {
    giveBackRetired()
    switch change {
    case .configuration(let configuration):
      guard let bytes = configuration.size("buffers") else { return false }
      bufferBytes = bytes
      pendingBufferBytes = bytes
      return true
    case .retry:
      guard phase.load(ordering: .acquiring) == Phase.idle.rawValue else { return false }
      tryAgain()
      return pending != nil
    case .interfaces, .names: return false
    }
  }

  package override func resolved(token: UInt64, addresses found: Result<[umbel_address], ResolutionError>) {
    guard case .name(let name, let port) = target else { return }
    isResolving = false
    switch found {
    case .success(let found): addresses = found.map { SocketAddress(IPAddress($0), port: port) }
    case .failure(let error):
      // What is up, or on its way, is not disturbed by a look-up for the next time.
      guard phase.load(ordering: .acquiring) == Phase.idle.rawValue else { return }
      let reason = unsafe String(cString: gai_strerror(error.code))
      host.report(.waiting("\(name) cannot be looked up: \(reason)"))
    }
  }

  /// After a kill nobody would know where in a frame the stream is: the port connects anew.
  package override func handOver(isQuiet: Bool) -> Heritage? {
    guard isQuiet, isIn(.up) else { return nil }
    let rest = unsafe StreamRest(unread: reader.pointee.unread, unsent: writer.pointee.unsent)
    return Heritage(sockets: [current], rest.fields)
  }

  package override func close() {
    giveBackRetired()
    if let pending { _ = Glibc.close(pending.socket) }
    if current >= 0 {
      // A duplicate may be kept elsewhere.
      shutdown(current, Int32(SHUT_RDWR))
      _ = Glibc.close(current)
    }
    unsafe reader.deinitialize(count: 1)
    unsafe reader.deallocate()
    unsafe writer.deinitialize(count: 1)
    unsafe writer.deallocate()
  }

  /// Makes a socket on its way to the peer, or says what the port waits for. The host retries after its back-off.
  private func tryAgain() {
    do throws(Errno) {
      switch target {
      case .path(let path): pending = try ConnectAttempt.begin(to: path)
      case .address(let address): pending = try ConnectAttempt.begin(to: address)
      case .name(let name, _):
        if addresses.isEmpty {
          host.report(.waiting("looking up \(name)"))
          return lookUp(name)
        }
        pending = try beginWithNextAddress()
        if addresses.isEmpty { lookUp(name) }
      }
    } catch {
      return host.report(.waiting("\(target) does not take a connection: \(error)", error: error.code))
    }
    guard let pending else { return }
    requestBuffer(bufferBytes, of: pending.socket)
    phase.store(Phase.made.rawValue, ordering: .releasing)
    if !pending.isConnected { host.report(.waiting("connecting to \(target)")) }
  }

  /// Takes the first of the addresses left that does not refuse at once. After the last the name is looked up again.
  private func beginWithNextAddress() throws(Errno) -> ConnectAttempt {
    while true {
      do throws(Errno) {
        return try ConnectAttempt.begin(to: addresses.removeFirst())
      } catch {
        if addresses.isEmpty { throw error }
      }
    }
  }

  private func lookUp(_ name: String) {
    if isResolving { return }
    do throws(TransportProblem) {
      try host.resolve(name, token: 0)
      isResolving = true
    } catch {
      guard pending == nil else { return }
      host.report(.waiting(error.text, error: error.code))
    }
  }

  private func giveBackRetired() {
    if retired >= 0 { _ = Glibc.close(retired) }
    retired = -1
  }

  // MARK: Forwarding thread

  package override func start() -> Int32 {
    commit()
    return 0
  }

  package override func commit() {
    if let bytes = pendingBufferBytes, current >= 0 { requestBuffer(bytes, of: current) }
    pendingBufferBytes = nil
    guard let attempt = pending else { return }
    pending = nil
    retired = current
    current = attempt.socket
    unsafe reader.pointee.reset()
    unsafe writer.pointee.reset()
    if attempt.isConnected { return goUp() }
    phase.store(Phase.connecting.rawValue, ordering: .releasing)
    connectDeadline = monotonicNanoseconds() + ConnectPort.connectNanoseconds
    host.descriptorsChanged()
  }

  private func goUp() {
    connectDeadline = .max
    phase.store(Phase.up.rawValue, ordering: .releasing)
    host.descriptorsChanged()
    host.report(.up("connected to \(target)", mostPieces: UInt32(StreamWriter.mostPieces)))
  }

  private func goDown(_ reason: String, error: Int32 = 0) {
    connectDeadline = .max
    unsafe writer.pointee.reset()
    shutdown(current, Int32(SHUT_RDWR))
    host.descriptorsChanged()
    phase.store(Phase.idle.rawValue, ordering: .releasing)
    host.report(.waiting(reason, error: error))
  }

  private func isIn(_ wanted: Phase) -> Bool { phase.load(ordering: .relaxed) == wanted.rawValue }

  package override func descriptors(_ list: inout DescriptorList) {
    if isIn(.up) { list.append(current, events: unsafe reader.pointee.events) }
    if isIn(.connecting) { list.append(current, events: DescriptorList.writable, isHousekeeping: true) }
  }

  package override func ready(token: UInt64, events: UInt32) {
    guard isIn(.connecting) else { return }
    let code = (try? socketOption(current, SOL_SOCKET, SO_ERROR)) ?? EIO
    if code == 0, events & DescriptorList.writable != 0 { return goUp() }
    let error = Errno(code == 0 ? ECONNRESET : code)
    goDown("\(target) does not take a connection: \(error)", error: error.code)
  }

  package override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    guard isIn(.up) else { return }
    if unsafe reader.pointee.noteTurn() { host.descriptorsChanged() }
    guard let ending = unsafe reader.pointee.receive(from: current, into: &batch) else { return }
    switch ending {
    case .closed: goDown("\(target) has closed the connection")
    case .error(let code): goDown("the connection to \(target) failed: \(Errno(code))", error: code)
    case .length(let length):
      goDown("the stream of \(target) is out of step: a frame of \(length) bytes, not 14 to 9216", error: EPROTO)
    }
  }

  package override func send(_ frames: SendBatch) -> SendOutcome {
    isIn(.up) ? unsafe writer.pointee.send(frames, to: current) : .notNow
  }

  package override var deadline: UInt64 { min(connectDeadline, unsafe writer.pointee.deadline) }

  package override func tick(now: UInt64) {
    if now >= connectDeadline { return goDown("\(target) does not answer", error: ETIMEDOUT) }
    unsafe writer.pointee.finish(current, now: now)
  }

  package override func statistics(_ counters: inout CounterList) {
    unsafe writer.pointee.report(to: &counters)
  }

  private func requestBuffer(_ bytes: Int, of socket: Int32) { SocketPort.requestBuffer(bytes, of: socket, for: host) }
}

extension IPAddress {
  /// An address that the host has found.
  fileprivate init(_ found: umbel_address) {
    var found = found
    var bytes = InlineBytes16()
    unsafe withUnsafeMutableBytes(of: &bytes) { bytes in
      unsafe withUnsafeBytes(of: &found.bytes) { unsafe bytes.copyMemory(from: $0) }
    }
    self.init(family: Int32(found.family), bytes: bytes)
  }
}
