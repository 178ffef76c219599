package import CTransport
import Glibc
import LinuxIO
package import TransportKit

/// One VNI of an endpoint.
///
/// `underlay` and `reported` belong to the control thread, the forwarder to the forwarding thread. What both use passes
/// from one to the other: the host does not call prepare again before commit has been made.
@safe
package final class VXLANPort: TransportPort {
  private let shared: VXLANEndpoint
  private var underlay: VXLANUnderlay
  private var reported: PortState?
  private var pending: VXLANChange?
  private var followed: [String] = []
  private var hasReportedShortfall = false
  private let forwarder: UnsafeMutablePointer<VXLANForwarder>

  package override var endpoint: TransportEndpoint { shared }

  package init(
    _ settings: VXLANSettings, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    let left = try configuration.adopted.map { left throws(TransportProblem) in try VXLANHeritage(left, settings) }
    shared = try VXLANEndpoint.admitting(settings)
    underlay = VXLANUnderlay(settings, shared)
    unsafe forwarder = .allocate(capacity: 1)
    unsafe forwarder.initialize(to: VXLANForwarder(settings, number: configuration.number, host: host))
    super.init(configuration, host: host)
    host.watchInterfaces()
    // Whatever address it goes to: other hosts' trunks send to this port.
    host.reportUnderlay([UnderlayFlow(to: nil, port: settings.port)])
    followNames()
    if let left { underlay.adopt(left) }
    let change = underlay.evaluate()
    afterEvaluating()
    unsafe forwarder.pointee.apply(change)
    report(change.state)
  }

  // MARK: Control thread

  package override func prepare(_ change: Change) throws(TransportProblem) -> Bool {
    if case .configuration(let configuration) = change {
      let settings = try VXLANSettings(configuration)
      guard settings.family == underlay.settings.family else {
        throw TransportProblem("the peers are of another family now: remove the port and add it again", option: "peers")
      }
      underlay.settings = settings
      shared.setTakesRuns(settings.takesRuns, vni: settings.vni)
      followNames()
    }
    let result = underlay.evaluate()
    afterEvaluating()
    guard result.needsCommit else {
      report(result.state)
      return false
    }
    reported = result.state
    pending = result
    return true
  }

  package override func resolved(token: UInt64, addresses: Result<[umbel_address], ResolutionError>) {
    guard token < UInt64(followed.count) else { return }
    let found = (try? addresses.get()) ?? []
    underlay.names[followed[Int(token)]] = found.compactMap { IPAddress($0) }
  }

  package override func handOver(isQuiet: Bool) -> Heritage? { underlay.heritage }

  package override func close() {
    underlay.leave()
    shared.dismiss(underlay.settings.vni)
    unsafe forwarder.deinitialize(count: 1)
    unsafe forwarder.deallocate()
  }

  /// Has the host tell what names stand for. One that is left out of the configuration goes on being followed, unused.
  private func followNames() {
    for case .name(let name) in underlay.settings.peers where !followed.contains(name) {
      followed.append(name)
      do throws(TransportProblem) {
        try host.follow(name, token: UInt64(followed.count - 1))
      } catch {
        host.log(.warning, error.text)
      }
    }
  }

  private func report(_ state: PortState) {
    if state == reported { return }
    reported = state
    host.report(state)
  }

  private func afterEvaluating() {
    if underlay.takeBinding() {
      request(.receive, shared.socket)
      host.descriptorsChanged()
    }
    for socket in underlay.takeNewSenders() { request(.send, socket) }
  }

  private func request(_ buffer: SocketBuffer, _ socket: Int32) {
    let bytes = underlay.settings.bufferBytes
    let granted = buffer.request(bytes, of: socket)
    if granted >= bytes || hasReportedShortfall { return }
    hasReportedShortfall = true
    host.warn(
      of: .bufferShortfall,
      "the kernel grants \(granted) of \(bytes) bytes of buffer: raise the sysctl \(buffer.limitingSysctl)")
  }

  // MARK: Forwarding thread

  package override func start() -> Int32 { unsafe shared.start(forwarder) }

  package override func commit() {
    guard let change = pending else { return }
    pending = nil
    unsafe forwarder.pointee.apply(change)
    host.report(change.state)
  }

  package override func stop() { unsafe shared.stop(forwarder) }

  package override func send(_ frames: SendBatch) -> SendOutcome { unsafe shared.send(frames, by: forwarder) }

  package override func statistics(_ counters: inout CounterList) { unsafe shared.report(forwarder, to: &counters) }

  package override func remotes(_ list: inout RemoteList) { unsafe forwarder.pointee.remotes(&list) }
}

extension IPAddress {
  /// An address as the ABI has it; nil: of another family.
  fileprivate init?(_ address: umbel_address) {
    var bytes = address.bytes
    let octets = unsafe withUnsafeBytes(of: &bytes) { unsafe Array($0.prefix(address.family == AF_INET ? 4 : 16)) }
    self.init(family: Int32(address.family), octets: octets)
  }
}
