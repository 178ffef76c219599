import CLinux
import CTransport
import Ethernet
import Glibc
import Switching

extension Forwarder {
  /// Time between two records about storms at the same port, in nanoseconds.
  private static let stormReportInterval: UInt64 = 600_000_000_000

  /// The forwarder of the calling thread; nil: the caller is no forwarding thread.
  static var current: Forwarder? {
    guard let context = unsafe clinux_thread_context() else { return nil }
    return unsafe Forwarder(state: context.assumingMemoryBound(to: ForwarderState.self))
  }

  /// A plugin's call on this thread: the port's new state.
  func stateChanged(_ number: UInt32, _ new: umbel_state) {
    guard let port = unsafe port(number) else { return }
    unsafe apply(new, to: port)
    var report = ForwardingReport(kind: .state, port: number)
    report.value = unsafe new.state
    report.error = unsafe new.error
    report.largestFrame = unsafe new.largest_frame
    report.probeLimit = unsafe Self.probeLimit(of: new)
    report.text = unsafe ReportText(cString: new.text)
    unsafe tell(report, of: port)
  }

  func apply(_ new: umbel_state, to port: UnsafeMutablePointer<PortContext>) {
    unsafe port.pointee.apply(new)
    // The switch learns of it between batches: its list of flood targets must not change under a frame.
    unsafe port.pointee.isSettled = false
    unsafe state.pointee.hasUnsettledPorts = true
  }

  /// Tells the switches which ports have come up or gone down. The stations of a guest port that has lost its peer are
  /// forgotten, as a bridge does for a port without carrier; those of a trunk are still where they were when it is back.
  func settlePorts() {
    unsafe state.pointee.hasUnsettledPorts = false
    for index in unsafe 0..<state.pointee.portList.count {
      let port = unsafe state.pointee.portList[index]
      guard unsafe !port.pointee.isSettled, let slot = unsafe port.pointee.slot else { continue }
      unsafe port.pointee.isSettled = true
      let isOpen = unsafe port.pointee.isMember
      unsafe port.pointee.lan.pointee.core.setUp(slot, isOpen)
      if !isOpen, unsafe port.pointee.role == .guest {
        unsafe port.pointee.lan.pointee.core.flush(slot)
      }
    }
  }

  /// What a port in this state sends in one piece; see ``ForwardingReport/probeLimit``.
  static func probeLimit(of state: umbel_state) -> UInt32 {
    guard unsafe state.traits & UMBEL_TRAIT_WHOLE != 0 else { return 0 }
    let largest = unsafe state.largest_frame == 0 ? UMBEL_LARGEST_SEGMENT : state.largest_frame
    return unsafe state.whole_frame == 0 ? largest : min(state.whole_frame, largest)
  }

  func log(_ number: UInt32, _ priority: UInt32, _ text: UnsafePointer<CChar>) {
    _ = unsafe state.pointee.channel.report(ForwardingReport(text, priority: priority, of: number))
  }

  func report(_ condition: umbel_condition, of number: UInt32) {
    _ = unsafe state.pointee.channel.report(ForwardingReport(condition, of: number))
  }

  func descriptorsChanged(_ number: UInt32) {
    guard let port = unsafe port(number) else { return }
    unsafe port.pointee.endpoint.pointee.isStale = true
    unsafe state.pointee.hasStaleEndpoints = true
  }

  func remoteGone(_ number: UInt32, _ remote: umbel_remote) {
    guard let port = unsafe port(number), let slot = unsafe port.pointee.slot else { return }
    unsafe port.pointee.lan.pointee.core.forget(
      Remote(index: remote.index, generation: remote.generation), of: slot, now: seconds)
  }

  /// A plugin's call on this thread: a datagram door's sender wants a port.
  /// - Returns: 0, or `-errno`.
  func clientArrived(_ number: UInt32, _ client: umbel_client) -> Int32 {
    guard let port = unsafe port(number), unsafe port.pointee.isDoor else { return -EINVAL }
    var report = ForwardingReport(kind: .clientArrived, port: number)
    unsafe report.client.user = client.user
    unsafe report.client.group = client.group
    unsafe report.client.process = client.process
    unsafe report.client.state = UInt(bitPattern: client.state)
    return unsafe state.pointee.channel.report(report) ? 0 : -EAGAIN
  }

  /// Every port of the endpoint fails: the plugin broke a rule that cannot be survived, or said that it cannot go on.
  func failPorts(of endpoint: UnsafeMutablePointer<EndpointContext>, error: Int32, _ text: StaticString) {
    for index in unsafe 0..<state.pointee.portList.count {
      let port = unsafe state.pointee.portList[index]
      guard unsafe port.pointee.endpoint == endpoint else { continue }
      var failed = unsafe umbel_state()
      unsafe failed.state = UMBEL_STATE_FAILED
      unsafe failed.error = error
      unsafe apply(failed, to: port)
      var report = unsafe ForwardingReport(kind: .state, port: port.pointee.number)
      report.value = UMBEL_STATE_FAILED
      report.error = error
      report.text = ReportText(text)
      unsafe tell(report, of: port)
    }
    unsafe stopPolling(endpoint)
  }

  /// Says once an endpoint that its plugin broke a rule which does no harm.
  func reportOnce(_ endpoint: UnsafeMutablePointer<EndpointContext>, _ text: StaticString) {
    guard unsafe !endpoint.pointee.isReported else { return }
    var report = unsafe ForwardingReport(kind: .misbehaviour, port: endpoint.pointee.reportPort)
    report.text = ReportText(text)
    unsafe endpoint.pointee.isReported = state.pointee.channel.report(report)
  }

  func report(_ flap: FlapEvent, in lan: UnsafeMutablePointer<LANContext>) {
    guard let newer = unsafe lan.pointee.ports[Int(flap.refusedPort)],
      let older = unsafe lan.pointee.ports[Int(flap.keptPort)]
    else { return }
    var report = unsafe ForwardingReport(kind: .flap, port: newer.pointee.number)
    report.otherPort = unsafe older.pointee.number
    report.macAddress = flap.address.rawValue
    report.vlan = flap.vlan
    _ = unsafe state.pointee.channel.report(report)
  }

  /// Says that a port brings in more than its storm limits allow, once in ten minutes.
  func report(_ storm: DropReason, at port: UnsafeMutablePointer<PortContext>) {
    let now = unsafe state.pointee.now
    guard unsafe port.pointee.nextStormReport <= now else { return }
    var report = unsafe ForwardingReport(kind: .storm, port: port.pointee.number)
    report.value = UInt32(storm.rawValue)
    if unsafe state.pointee.channel.report(report) {
      unsafe port.pointee.nextStormReport = now + Self.stormReportInterval
    }
  }

  /// Sends a state to the control thread. One that finds no room is kept with the port; a later one replaces it.
  private func tell(_ report: ForwardingReport, of port: UnsafeMutablePointer<PortContext>) {
    if unsafe state.pointee.channel.report(report) {
      unsafe port.pointee.pendingReport = nil
    } else {
      unsafe port.pointee.pendingReport = report
      unsafe state.pointee.hasPendingReports = true
    }
  }

  func flushPendingReports() {
    unsafe state.pointee.hasPendingReports = false
    for index in unsafe 0..<state.pointee.portList.count {
      let port = unsafe state.pointee.portList[index]
      if let report = unsafe port.pointee.pendingReport { unsafe tell(report, of: port) }
    }
  }

  /// The port of a number, if it is one of this thread's.
  private func port(_ number: UInt32) -> UnsafeMutablePointer<PortContext>? {
    unsafe state.pointee.ports.pointer(Int(number)).pointee
  }
}
