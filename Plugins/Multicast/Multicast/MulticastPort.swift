import LinuxIO
package import TransportKit

/// A port over a multicast group: a trunk, or this host's native guests.
///
/// `side`, `reported` and `told` belong to the control thread, the forwarder to the forwarding thread. What both use passes
/// from one to the other: the host does not call prepare again before commit has been made.
@safe
package final class MulticastPort: TransportPort {
  private var side: any MulticastSide
  private var reported: PortState?
  private var hasReportedShortfall = false
  private var told: Set<String> = []
  private var pending: MulticastChange?
  private let forwarder: UnsafeMutablePointer<MulticastForwarder>

  package init(
    _ settings: MulticastSettings, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    let left = try configuration.adopted.map { left throws(TransportProblem) in
      try MulticastHeritage(left, settings)
    }
    let made: MulticastForwarder
    do throws(Errno) {
      made = try MulticastForwarder(
        isIPv4: settings.group.length == 4, isTrunk: settings.role == .trunk, port: configuration.number)
    } catch {
      throw TransportProblem("there is no memory for a port's buffers: \(error)", code: error.code)
    }
    side = settings.role == .guest ? MulticastGuestSide(settings) : MulticastUnderlay(settings)
    unsafe forwarder = .allocate(capacity: 1)
    unsafe forwarder.initialize(to: made)
    super.init(configuration, host: host)
    host.watchInterfaces()
    host.reportUnderlay([UnderlayFlow(to: settings.group.transportAddress, port: settings.port)])
    if let left {
      side.sockets.adopt(left)
      unsafe forwarder.pointee.adopt(left)
    }
    let change = side.evaluate()
    change.tuning = settings.tuning
    tell(change)
    unsafe forwarder.pointee.apply(change)
    requestBuffers(settings.tuning.bufferBytes, unsafe forwarder.pointee.sockets)
    report(change.state)
  }

  // MARK: Control thread

  package override func prepare(_ change: Change) throws(TransportProblem) -> Bool {
    var tuning: MulticastTuning?
    if case .configuration(let configuration) = change {
      side.sockets.settings = try MulticastSettings(configuration)
      tuning = side.sockets.settings.tuning
    }
    let result = side.evaluate()
    result.tuning = tuning
    requestBuffers(side.sockets.settings.tuning.bufferBytes, (result.receiverNumber, result.senderNumber))
    tell(result)
    guard result.changesForwarding else {
      report(result.state)
      return false
    }
    reported = result.state
    pending = result
    return true
  }

  package override func handOver(isQuiet: Bool) -> Heritage? { side.sockets.heritage }

  package override func close() {
    side.close()
    unsafe forwarder.deinitialize(count: 1)
    unsafe forwarder.deallocate()
  }

  private func report(_ state: PortState) {
    if state == reported { return }
    reported = state
    host.report(state)
  }

  private func tell(_ change: MulticastChange) {
    for warning in change.warnings where told.insert(warning).inserted { host.log(.warning, warning) }
    for task in change.tasks where told.insert(task).inserted { host.warn(of: .setupNeeded, task) }
  }

  /// Asks for the buffers of sockets, -1 where there is none.
  private func requestBuffers(_ bytes: Int, _ sockets: (receiver: Int32, sender: Int32)) {
    if sockets.receiver >= 0 { request(.receive, bytes, sockets.receiver) }
    if sockets.sender >= 0 { request(.send, bytes, sockets.sender) }
  }

  private func request(_ buffer: SocketBuffer, _ bytes: Int, _ socket: Int32) {
    let granted = buffer.request(bytes, of: socket)
    if granted >= bytes || hasReportedShortfall { return }
    hasReportedShortfall = true
    host.warn(
      of: .bufferShortfall,
      "the kernel grants \(granted) of \(bytes) bytes of buffer: raise the sysctl \(buffer.limitingSysctl)")
  }

  // MARK: Forwarding thread

  package override func commit() {
    guard let change = pending else { return }
    pending = nil
    unsafe forwarder.pointee.apply(change)
    if let tuning = change.tuning { requestBuffers(tuning.bufferBytes, unsafe forwarder.pointee.sockets) }
    host.descriptorsChanged()
    host.report(change.state)
  }

  package override func descriptors(_ list: inout DescriptorList) {
    if let descriptor = unsafe forwarder.pointee.polled { list.append(descriptor) }
  }

  package override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    guard let sender = unsafe forwarder.pointee.receive(into: &batch) else { return }
    host.warn(
      of: .foreignSender,
      "frames from \(sender.address) are dropped, because a guest port takes those of this host alone: "
        + "connect other hosts by a trunk",
      peer: "\(sender.address)")
  }

  package override func send(_ frames: SendBatch) -> SendOutcome {
    let outcome = unsafe forwarder.pointee.send(frames)
    if unsafe forwarder.pointee.takesFallback() {
      host.log(.notice, "frames are sent one by one, because the kernel or the interface does not take UDP_SEGMENT")
    }
    return outcome
  }

  package override func statistics(_ counters: inout CounterList) {
    unsafe forwarder.pointee.report(to: &counters)
  }

  package override func remotes(_ list: inout RemoteList) { unsafe forwarder.pointee.peers.report(to: &list) }

  package override var deadline: UInt64 { unsafe forwarder.pointee.peers.deadline }

  package override func tick(now: UInt64) { unsafe forwarder.pointee.tick(now: now, host: host) }
}
