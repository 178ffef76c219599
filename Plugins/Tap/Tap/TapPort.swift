import Glibc
import LinuxIO
package import TransportKit

/// A TAP device as a port of a LAN.
///
/// `setup` and `reported` belong to the control thread, the forwarder to the forwarding thread. What both use passes
/// from one to the other: the host does not call prepare again before commit has been made.
@safe
package final class TapPort: TransportPort {
  private var setup: TapSetup
  private var reported: PortState?
  private var told: Set<String> = []
  private var pending: TapChange?
  /// Closing a TAP takes milliseconds: the control thread lets go of what the forwarding thread has given back.
  private var former: TapHandle?
  private let forwarder: UnsafeMutablePointer<TapForwarder>

  package init(
    _ settings: TapSettings, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    setup = TapSetup(settings)
    let change: TapChange
    if let left = configuration.adopted {
      let isTaken = setup.adopt(try TapHeritage(left, settings))
      // What cannot be carried out any more is waited for, as by the process before.
      change = try setup.evaluate(.retry)
      // Not earlier: the host, which knows descriptors by their numbers, would take a new device for the old one.
      if !isTaken { left.close() }
    } else {
      change = try setup.evaluate(.open)
    }
    unsafe forwarder = .allocate(capacity: 1)
    unsafe forwarder.initialize(to: TapForwarder(port: configuration.number))
    super.init(configuration, host: host)
    host.watchInterfaces()
    _ = unsafe forwarder.pointee.exchange(change.device)
    tell(change.commands)
    report(change.state)
  }

  // MARK: Control thread

  package override func prepare(_ change: Change) throws(TransportProblem) -> Bool {
    former = nil
    let result: TapChange
    switch change {
    case .configuration, .names: return false
    case .retry: result = try setup.evaluate(.retry)
    case .interfaces: result = try setup.evaluate(.interfaces)
    }
    tell(result.commands)
    guard result.needsCommit else {
      report(result.state)
      return false
    }
    reported = result.state
    pending = result
    return true
  }

  package override func handOver(isQuiet: Bool) -> Heritage? { setup.heritage }

  package override func close() {
    setup.release()
    former = nil
    pending = nil
    unsafe forwarder.deinitialize(count: 1)
    unsafe forwarder.deallocate()
  }

  private func report(_ state: PortState) {
    if state == reported { return }
    reported = state
    host.report(state)
  }

  private func tell(_ commands: [String]) {
    for command in commands where told.insert(command).inserted {
      host.warn(of: .setupNeeded, "this agent lacks CAP_NET_ADMIN: run \(command)")
    }
  }

  // MARK: Forwarding thread

  package override func commit() {
    guard let change = pending else { return }
    pending = nil
    if change.changesDevice {
      former = unsafe forwarder.pointee.exchange(change.device)
      host.descriptorsChanged()
    }
    host.report(change.state)
  }

  package override func descriptors(_ list: inout DescriptorList) {
    if let descriptor = unsafe forwarder.pointee.polled { list.append(descriptor) }
  }

  package override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    unsafe forwarder.pointee.receive(into: &batch)
    noteLoss()
  }

  package override func send(_ frames: SendBatch) -> SendOutcome {
    let outcome = unsafe forwarder.pointee.send(frames)
    noteLoss()
    return outcome
  }

  /// A TAP reports EPOLLERR when it has been deleted, and only then.
  package override func ready(token: UInt64, events: UInt32) {
    unsafe forwarder.pointee.loseDevice()
    noteLoss()
  }

  /// Stops polling a device that is gone; the control thread learns it at the same time, by rtnetlink.
  private func noteLoss() {
    if unsafe forwarder.pointee.takesLoss() { host.descriptorsChanged() }
  }

  package override func statistics(_ counters: inout CounterList) {
    unsafe forwarder.pointee.report(to: &counters)
  }
}
