// The agent: what one `umbeld` process runs. This is where everything is wired together.
//
//   start: runtime directory -> transports -> configuration (checked whole) -> control socket -> LANs with doors and
//          ports -> READY=1
//   stop:  STOPPING=1 -> doors and ports of every LAN -> forwarding threads -> sockets removed
//
// All of it lives on the control thread.

import AgentAPI
import CTransport
import Glibc
import Hello
import LinuxIO
import Switching
import SystemdSupport
import TransportHost

/// What one process runs, from the control thread's side.
@safe
final class Agent {
  /// LANs at one time; a forwarding thread's table has room for as many.
  static let mostLANs = 4_096

  let loop: ControlLoop
  let journal: Journal
  let manager: ServiceManager
  let catalogue: TransportCatalogue
  let access = Access()
  /// By which other agents know this process.
  let identity = AgentID.random()
  let hostName = LinuxIO.hostName()
  /// Where the control socket and the LANs' directories are.
  let runtimeDirectory: String
  let started = monotonicNanoseconds()

  private(set) var lans: [ManagedLAN] = []
  private(set) var threads: [ForwardingThread] = []
  /// For so many nanoseconds after a frame they do not sleep.
  private(set) var busyPoll = BusyPoll.off
  /// The LANs of the configuration that was read last: what is to be made may decide where another goes.
  var wanted: [LanConfiguration] = []
  /// The datagrams by which the trunks of all LANs reach other hosts.
  let underlay = UnderlayRegistry()

  private var endpoints: [OpaquePointer: WeakEndpoint] = unsafe [:]
  private var shownStatus = ""
  private var isStatusStale = false
  private(set) var isEnding = false
  /// The next process takes over: nothing is to be closed or removed.
  var isHandingOver = false
  /// What is still to be taken over from the process before; nothing once the agent has started.
  var inheritance = Inheritance()
  private(set) lazy var keeper = Keeper(self, isActive: manager.hasStore)
  /// Why the configuration that was read last is not in force; nil: it is.
  var refusal: String?
  var interfaceTimer: ControlLoop.Timer?
  var network: Box<NetlinkMonitor>?
  let resolver: NameResolver
  /// The guests that announced themselves.
  let guests: AnnouncedGuests

  private struct WeakEndpoint { weak var endpoint: SharedEndpoint? }

  /// - Parameter runtimeDirectory: exists and belongs to this process.
  init(
    loop: ControlLoop, journal: Journal, manager: ServiceManager, catalogue: TransportCatalogue,
    runtimeDirectory: String
  ) throws(Errno) {
    resolver = try NameResolver(loop: loop)
    guests = AnnouncedGuests(loop: loop) { journal.log($0, $1, id: $2, fields: $3) }
    self.loop = loop
    self.journal = journal
    self.manager = manager
    self.catalogue = catalogue
    self.runtimeDirectory = runtimeDirectory
  }

  // MARK: Starting

  /// Starts the forwarding threads, the LANs, their doors and ports.
  func start(_ configuration: Configuration) throws(AgentFailure) {
    for index in 0..<configuration.threads { try startThread(index) }
    if configuration.busyPoll != .off { setBusyPoll(configuration.busyPoll) }
    wanted = configuration.lans
    dropChanged(configuration)
    for lan in configuration.lans { try addLAN(lan) }
  }

  private func startThread(_ index: Int) throws(AgentFailure) {
    do throws(Errno) {
      let thread = try ForwardingThread(index: index)
      try loop.watch(thread.channel.controlWakeup.descriptor.number) { [unowned self, unowned thread] _ in
        thread.channel.controlWakeup.clear()
        self.takeHellos(of: thread)
        self.takeReports(of: thread)
        thread.finishCommands { self.takeReports(of: thread) }
      }
      threads.append(thread)
      underlay.inform(thread)
    } catch {
      throw AgentFailure("forwarding thread \(index) cannot be started: \(error)")
    }
  }

  /// Tells the forwarding threads whether they sleep at once after a frame.
  func setBusyPoll(_ setting: BusyPoll) {
    busyPoll = setting
    for thread in threads { thread.post(unsafe ForwardingCommand(.setBusyPoll(setting))) }
  }

  /// Makes a LAN with its doors and ports. A port whose transport cannot open it is shown as failed in the journal and
  /// does not keep the others from opening.
  /// - Parameter request: how it was asked for at the control interface; nil: the configuration names it.
  @discardableResult
  func addLAN(
    _ configuration: LanConfiguration, request: AddLan.Parameters? = nil
  ) throws(AgentFailure) -> ManagedLAN {
    let lan = try makeLAN(configuration)
    lan.request = request
    do throws(DoorError) {
      try lan.openDoors()
    } catch {
      lan.end {}
      throw AgentFailure(error.description)
    }
    for port in configuration.ports { open(port, in: lan) }
    adoptGuests(of: lan)
    noteUp(lan)
    return lan
  }

  /// Makes a LAN without doors and ports.
  func makeLAN(_ configuration: LanConfiguration) throws(AgentFailure) -> ManagedLAN {
    if isEnding { throw AgentFailure("the agent is ending") }
    guard lans.count < Self.mostLANs else { throw AgentFailure("there are \(Self.mostLANs) LANs, as many as can be") }
    let thread = thread(for: configuration)
    let lan: ManagedLAN
    do throws(Errno) {
      lan = try ManagedLAN(configuration, agent: self, thread: thread)
    } catch {
      throw AgentFailure("LAN \(configuration.name) cannot be made: \(error)")
    }
    lans.append(lan)
    keeper.noteChange()
    return lan
  }

  /// A new LAN has its doors and its ports.
  func noteUp(_ lan: ManagedLAN) {
    journal.log(.info, "LAN \(lan.name) is up", id: .lanUp, fields: [.lan: lan.name])
    noteStatus()
  }

  /// Opens a port of the configuration.
  /// - Returns: why it cannot be opened; nil: it is.
  @discardableResult
  func open(_ port: PortConfiguration, in lan: ManagedLAN) -> PluginProblem? {
    // The configuration was checked against the catalogue.
    guard let transport = catalogue.transport(named: port.transport) else { return nil }
    do throws(PluginProblem) {
      try lan.addPort(
        name: port.name, transport: transport, role: port.role, values: port.values, settings: port.settings,
        adopting: record(of: port, in: lan.name))
      return nil
    } catch {
      journal.log(
        .error, "\(lan.name)/\(port.name) cannot be opened: \(error.text)", id: .portFailed,
        fields: [
          .lan: lan.name, .port: port.name, .transport: port.transport, .errno: "\(error.error)",
        ])
      return error
    }
  }

  /// Whether guests may take another descriptor: some are kept for those who control the agent.
  var hasSpareDescriptors: Bool { DescriptorLimit.hasSpare(64) }

  func lan(named name: String) -> ManagedLAN? { lans.first { $0.name == name } }

  /// The LAN has ended.
  func forget(_ lan: ManagedLAN) {
    lans.removeAll { $0 === lan }
    keeper.noteChange()
    journal.log(.info, "LAN \(lan.name) is down", id: .lanDown, fields: [.lan: lan.name])
    noteStatus()
  }

  /// The record of a plugin's endpoint, which several ports may share.
  /// - Parameter port: is being opened. If another forwarding thread than its LAN's has the endpoint, the LAN goes there,
  ///   as long as nothing else is in it.
  func endpoint(_ endpoint: OpaquePointer, for port: ManagedPort) throws(PluginProblem) -> SharedEndpoint {
    if let known = unsafe endpoints[endpoint]?.endpoint {
      if known.thread !== port.lan.thread { try move(port.lan, to: known.thread, for: port) }
      return known
    }
    unsafe endpoints = unsafe endpoints.filter { unsafe $0.value.endpoint != nil }
    let shared = unsafe SharedEndpoint(endpoint, of: port.transport, on: port.lan.thread)
    unsafe endpoints[endpoint] = WeakEndpoint(endpoint: shared)
    return shared
  }

  // MARK: Status

  /// Something that the status sentence tells may have changed. It is sent once for all that changes in one round.
  func noteStatus() {
    guard !isStatusStale else { return }
    isStatusStale = true
    loop.after(milliseconds: 20) { [weak self] in
      guard let self else { return }
      self.isStatusStale = false
      let status = self.statusText
      guard status != self.shownStatus, !self.isEnding else { return }
      self.shownStatus = status
      self.manager.status(status)
    }
  }

  /// One sentence for the service manager: each LAN with the state of its trunks and the number of its guests.
  var statusText: String {
    if let refusal { return "\(refusal); \(lansText)" }
    return lansText
  }

  private var lansText: String {
    if lans.isEmpty { return "no LAN" }
    return lans.map { lan in
      let trunks = lan.ports.filter { $0.role == .trunk }.map { trunk in
        "\(trunk.name) \(trunk.state)" + (trunk.state == .waiting ? " (\(trunk.text))" : "")
      }
      let guests = lan.ports.count { $0.role == .guest }
      let parts = trunks + ["\(guests) guest\(guests == 1 ? "" : "s")"] + lan.hello.faults
      return "\(lan.name): \(parts.joined(separator: ", "))"
    }.joined(separator: "; ")
  }

  // MARK: Stopping

  /// Ends every LAN and then calls `action`. A forwarding thread that is stuck cannot keep the agent from ending: after
  /// two seconds `action` is called whatever is left.
  func end(then action: @escaping () -> Void) {
    guard !isEnding else { return }
    isEnding = true
    manager.stopping()
    var isDone = false
    let finish = {
      guard !isDone else { return }
      isDone = true
      action()
    }
    loop.after(milliseconds: 2_000, finish)
    let stopThreads = { [unowned self] in
      guard self.lans.isEmpty else { return }
      for thread in self.threads { thread.stop() }
      finish()
    }
    if lans.isEmpty { return stopThreads() }
    for lan in lans { lan.end(then: stopThreads) }
  }
}

/// Why the agent cannot start or do what it was asked for: a sentence.
struct AgentFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
