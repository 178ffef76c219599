import CTransport
import Glibc
import Synchronization
import TransportHost

// Where plugins' calls arrive. On a forwarding thread they go to its forwarder, which tells the control thread through a
// ring; on the control thread they go straight to the port.

/// The ports of this process by number. Addresses, not references: a port is listed from before its `open` until after
/// its `close`, and only its own control thread turns the address back into the port.
private let listed = Mutex<[UInt32: UInt]>([:])

extension ManagedPort {
  static func register(_ port: ManagedPort) {
    let address = unsafe UInt(bitPattern: Unmanaged.passUnretained(port).toOpaque())
    listed.withLock { $0[port.number] = address }
  }

  static func unregister(_ port: ManagedPort) {
    listed.withLock { $0[port.number] = nil }
  }

  /// The port of a number. Only for the control thread that the port belongs to.
  static func find(_ number: UInt32) -> ManagedPort? {
    guard let address = listed.withLock({ $0[number] }) else { return nil }
    return unsafe Unmanaged<ManagedPort>.fromOpaque(UnsafeRawPointer(bitPattern: address)!).takeUnretainedValue()
  }
}

extension HostHooks {
  /// The agent's hooks.
  static let agent = unsafe HostHooks(
    log: { number, priority, text in
      if let forwarder = Forwarder.current { return unsafe forwarder.log(number, priority, text) }
      unsafe ManagedPort.find(number)?.log(ForwardingReport(text, priority: priority, of: number))
    },
    stateChanged: { number, state in
      if let forwarder = Forwarder.current { return unsafe forwarder.stateChanged(number, state) }
      unsafe ManagedPort.find(number)?.pluginChanged(to: state, text: ReportText(cString: state.text).string)
    },
    descriptorsChanged: { number in
      if let forwarder = Forwarder.current { return forwarder.descriptorsChanged(number) }
      ManagedPort.find(number)?.descriptorsChanged()
    },
    remoteGone: { number, remote in
      // Belongs to the forwarding thread; a call from elsewhere is the plugin's mistake and is ignored.
      Forwarder.current?.remoteGone(number, remote)
    },
    watchInterfaces: { number in
      guard Forwarder.current == nil else { return }
      ManagedPort.find(number)?.watchesInterfaces = true
    },
    resolve: { number, name, token in
      guard Forwarder.current == nil, let port = ManagedPort.find(number) else { return -EPERM }
      return port.resolve(name, token: token)
    },
    clientArrived: { number, client in
      // Belongs to the forwarding thread, within receive.
      guard let forwarder = Forwarder.current else { return -EPERM }
      return unsafe forwarder.clientArrived(number, client)
    },
    underlayChanged: { number, flows in
      guard Forwarder.current == nil, let port = ManagedPort.find(number) else { return }
      port.lan.agent.underlay.set(flows, of: number)
    },
    followName: { number, name, token in
      guard Forwarder.current == nil, let port = ManagedPort.find(number) else { return -EPERM }
      return port.follow(name, token: token)
    },
    condition: { number, condition in
      if let forwarder = Forwarder.current { return unsafe forwarder.report(condition, of: number) }
      unsafe ManagedPort.find(number)?.log(ForwardingReport(condition, of: number))
    })
}
