import CTransport
import Glibc
import LinuxIO
import Switching
import Synchronization
import TransportHost

/// The plugin's side of an open port: its handles and what the forwarding thread works with.
@safe
final class PluginLink {
  let port: OpaquePointer
  let context: UnsafeMutablePointer<PortContext>
  /// The forwarding thread that has it; a LAN may have another by now when the port has ended.
  let thread: ForwardingThread
  /// The forwarding thread has let go of it, or was never given it.
  private(set) var isStopped = true
  /// It was stopped, or will be with the next commands: the control thread calls nothing but `close` from here on.
  private(set) var isLeaving = false
  /// The port's place in the switch; nil: not there yet, or not any more.
  private(set) var slot: PortIndex?
  private var endpoint: SharedEndpoint?
  private let transport: LoadedTransport

  init(port managed: ManagedPort, parameters: OpenParameters, client: DoorClient?) throws(PluginProblem) {
    let lan = managed.lan
    transport = managed.transport
    let opened: LoadedTransport.Opened
    do throws(PluginProblem) {
      opened = try unsafe transport.open(parameters, client: client?.client)
    } catch {
      for kept in parameters.adopted?.kept ?? [] { _ = Glibc.close(kept.descriptor) }
      throw error
    }
    client?.taken()
    unsafe port = opened.port
    let endpoint: SharedEndpoint
    do throws(PluginProblem) {
      endpoint = try unsafe lan.agent.endpoint(opened.endpoint, for: managed)
    } catch {
      unsafe transport.table.pointee.close!(opened.port)
      throw error
    }
    self.endpoint = endpoint
    thread = endpoint.thread
    do throws(Errno) {
      // First the value, then its place: once every property is set, an error would run deinit.
      let value = try unsafe PortContext(
        number: managed.number, role: managed.role == .trunk ? .trunk : .guest, lan: lan.context,
        transport: transport.table, port: opened.port, endpoint: endpoint.context, isDoor: managed.isDoor,
        settings: managed.settings, queueBytes: lan.configuration.queueBytes)
      unsafe context = .allocate(capacity: 1)
      unsafe context.initialize(to: value)
    } catch {
      unsafe transport.table.pointee.close!(opened.port)
      throw PluginProblem(error: error.code, text: "no memory for the port: \(error)")
    }
    // Not later: it must not take in a single frame.
    unsafe context.pointee.isMirrorTarget = !managed.isDoor && lan.isMirrorTarget(managed)
    if let early = unsafe managed.earlyState {
      unsafe context.pointee.apply(early)
    }
  }

  func addCommand(_ completion: @escaping (Int32) -> Void) -> ForwardingCommand {
    isStopped = false
    return unsafe ForwardingCommand(.addPort(context)) { [self] command in
      if command.result < 0 {
        isStopped = true
        isLeaving = true
      } else if !isLeaving {
        unsafe slot = context.pointee.slot
      }
      completion(command.result)
    }
  }

  func stateCommand(_ state: umbel_state) -> ForwardingCommand {
    // The text is the plugin's and lives during its call only.
    var bare = unsafe state
    unsafe bare.text = nil
    return unsafe ForwardingCommand(.setState(context, state: bare)) { [self] _ in withExtendedLifetime(self) {} }
  }

  func carryCommand(_ counters: [UInt64]) -> ForwardingCommand {
    unsafe ForwardingCommand(.carryCounters(context, counters)) { [self] _ in withExtendedLifetime(self) {} }
  }

  func commitCommand(_ completion: @escaping () -> Void) -> ForwardingCommand {
    unsafe ForwardingCommand(.commit(context)) { [self] _ in
      withExtendedLifetime(self) {}
      completion()
    }
  }

  func refreshCommand() -> ForwardingCommand {
    unsafe ForwardingCommand(.refreshDescriptors(context)) { [self] _ in withExtendedLifetime(self) {} }
  }

  func statisticsCommand(_ completion: @escaping (ForwardingCommand) -> Void) -> ForwardingCommand {
    unsafe ForwardingCommand(.statistics(context)) { [self] command in
      withExtendedLifetime(self) {}
      completion(command)
    }
  }

  func remotesCommand(_ completion: @escaping (ForwardingCommand) -> Void) -> ForwardingCommand {
    unsafe ForwardingCommand(.remotes(context)) { [self] command in
      withExtendedLifetime(self) {}
      completion(command)
    }
  }

  /// - Parameter flags: `UMBEL_FRAME_*`.
  func injectCommand(_ frame: [UInt8], flags: UInt32, _ completion: @escaping () -> Void) -> ForwardingCommand {
    unsafe ForwardingCommand(.inject(context, frame: frame, flags: flags)) { [self] _ in
      withExtendedLifetime(self) {}
      completion()
    }
  }

  func pathCommand(_ bytes: UInt32?) -> ForwardingCommand {
    unsafe ForwardingCommand(.setPath(context, bytes: bytes)) { [self] _ in withExtendedLifetime(self) {} }
  }

  func settingsCommand(_ settings: PortSettings) -> ForwardingCommand {
    unsafe ForwardingCommand(.setSettings(context, settings)) { [self] _ in withExtendedLifetime(self) {} }
  }

  /// - Throws: when there is no memory.
  func queueCommand(bytes: Int) throws(Errno) -> ForwardingCommand {
    let box = try FrameQueueBox(capacity: bytes)
    return unsafe ForwardingCommand(.setQueue(context, box)) { [self] _ in withExtendedLifetime(self) {} }
  }

  func shutCommand(_ isShut: Bool) -> ForwardingCommand {
    unsafe ForwardingCommand(.setShut(context, isShut)) { [self] _ in withExtendedLifetime(self) {} }
  }

  func muteCommand(_ remotes: [Remote]) -> ForwardingCommand {
    unsafe ForwardingCommand(.setMuted(context, remotes)) { [self] _ in withExtendedLifetime(self) {} }
  }

  func removeCommand(_ completion: @escaping () -> Void) -> ForwardingCommand {
    slot = nil
    isLeaving = true
    return unsafe ForwardingCommand(.removePort(context)) { [self] _ in
      isStopped = true
      completion()
    }
  }

  /// What has been counted so far; nil: the forwarding thread does not have the port. It goes on counting meanwhile.
  var statistics: PortStatistics? { slot == nil ? nil : unsafe context.pointee.counters.snapshot() }

  /// All counters, for the next process.
  var counterValues: [UInt64] { slot == nil ? [] : unsafe context.pointee.counters.values }

  /// What is to be kept of the port; see `LoadedTransport.handOver`.
  func heritage(isQuiet: Bool) -> Heritage? {
    isLeaving ? nil : unsafe transport.handOver(port, isQuiet: isQuiet)
  }

  var queuedFrames: Int { unsafe context.pointee.gauges.frames.load(ordering: .relaxed) }
  var queuedBytes: Int { unsafe context.pointee.gauges.bytes.load(ordering: .relaxed) }

  /// Closes the plugin's port. The forwarding thread has let go of it.
  func close() {
    unsafe transport.table.pointee.close!(port)
    // The plugin may give the endpoint's address to its next one: this record must not be taken for that one's.
    endpoint = nil
  }

  deinit {
    unsafe context.deinitialize(count: 1)
    unsafe context.deallocate()
  }
}

/// An endpoint of a plugin and the forwarding thread that serves it; freed with its last port.
@safe
final class SharedEndpoint {
  let context: UnsafeMutablePointer<EndpointContext>
  let thread: ForwardingThread

  init(_ endpoint: OpaquePointer, of transport: LoadedTransport, on thread: ForwardingThread) {
    unsafe context = .allocate(capacity: 1)
    unsafe context.initialize(to: EndpointContext(endpoint: endpoint, transport: transport.table))
    self.thread = thread
  }

  deinit { unsafe context.deallocate() }
}
