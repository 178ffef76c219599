// A port from the control thread's side: it opens it with its transport, hands it to a forwarding thread, follows its
// state and takes it back.
//
//   opening ── open ──> waiting <──> up ──> failed      (stopped, but listed until it is removed)
//                          └──────────┴───> closing     (the peer ended it: removed)
//
// A waiting port is prepared again after a back-off of 1, 2, 4 … 30 s, and at once when the network changes if its
// transport watches interfaces. Removal goes: command to the forwarding thread -> acknowledged -> `close`.

import CTransport
import Glibc
import LinuxIO
import Switching
import SystemdSupport
import TransportHost

/// A port as the control thread manages it.
@safe
final class ManagedPort {
  enum State: UInt32, Sendable {
    case opening = 0
    case waiting = 1
    case up = 2
    case failed = 3
    case closing = 4
  }

  let number: UInt32
  /// Changes when the configuration wants the name of a guest.
  var name: String
  let role: TransportHost.PortRole
  let transport: LoadedTransport
  private(set) var values: [OptionValue]
  /// The agent's own options.
  private(set) var settings: PortSettings
  /// Who is behind a guest port; nil: the port was asked for by name.
  let guest: GuestIdentity?
  private(set) var origin: PortOrigin
  /// The two hold each other until the LAN forgets the port; who still describes the port may outlive both.
  let lan: ManagedLAN

  private(set) var state = State.opening
  private(set) var text = ""
  private(set) var largestFrame: UInt32?
  /// Bytes of the longest frame that leaves this host in one piece; 0: its transport keeps none whole.
  private(set) var probeLimit: UInt32 = 0
  /// Why it is shut although it is up; nil: it is not.
  var shut: ShutReason?
  /// When a waiting port tries again: nanoseconds of CLOCK_MONOTONIC; nil: it waits for an event.
  private(set) var retryAt: UInt64?
  /// The transport's own counters, as last read.
  var transportCounters: [(name: String, value: UInt64)] = []
  /// Entries of the FDB that point to it, as last read.
  var stationCount = 0
  /// Bytes of the longest frame that passes its underlay unfragmented, as last read; nil: any, as far as is known.
  var wholeFrame: UInt32?
  /// What it had counted when the forwarding thread let go of it.
  private(set) var lastStatistics: PortStatistics?
  /// Whether the forwarding thread has it.
  private(set) var isForwarding = false

  /// The datagram door whose own port this is, or by which its guest came.
  weak var door: DatagramDoor?
  var isDoor: Bool { origin == .door }

  var link: PluginLink?
  /// Of the records about this port's state; of those in its transport's words; of those that stations and other agents
  /// can provoke. One kind does not crowd out another.
  var limiter = RecordLimiter()
  var wordsLimiter = RecordLimiter()
  var trafficLimiter = RecordLimiter()
  /// The host names that its transport wants to be told of.
  var followedNames: [FollowedName] = []
  var followTimer: ControlLoop.Timer?
  var watchesInterfaces = false
  /// Nothing is prepared meanwhile: the forwarding thread may be taking over what was prepared last.
  private var isPreparing = false
  /// Why to prepare again when the start or the commit under way has been made; nil: no need.
  private var nextReason: UInt32?
  /// Changes the configuration when what is under way has been made.
  private var nextChange: (() -> Void)?
  private var isEnding = false
  private var backoffSeconds: UInt64 = 1
  private var retryTimer: ControlLoop.Timer?
  private var endActions: [() -> Void] = []
  private(set) var guestWatch: Box<Descriptor>?
  /// `SOCK_*` of a guest's socket; 0: none.
  private(set) var socketType: Int32 = 0
  /// It goes on with what the process before has left.
  private(set) var isAdopted = false
  /// What the next process would get of it.
  var keeping = PortKeeping()

  init(
    number: UInt32, name: String, role: TransportHost.PortRole, transport: LoadedTransport, values: [OptionValue],
    settings: PortSettings, guest: GuestIdentity?, origin: PortOrigin, lan: ManagedLAN
  ) {
    self.number = number
    self.name = name
    self.role = role
    self.transport = transport
    self.values = values
    self.settings = settings
    self.guest = guest
    self.origin = origin
    self.lan = lan
  }

  private var agent: Agent { lan.agent }

  /// It is being removed, or has failed.
  var isLeaving: Bool { isEnding || state == .failed || state == .closing }

  // MARK: Opening

  /// Opens the port with its transport and hands it to the LAN's forwarding thread.
  /// - Parameters:
  ///   - client: the guest's descriptor and handshake state; the transport's on success, the caller's otherwise.
  ///   - record: what the process before has left of this port.
  func open(client: DoorClient?, adopting record: HandOverState.Port? = nil) throws(PluginProblem) {
    var parameters = OpenParameters(number: number, role: role, lan: lan.name, name: name, values: values)
    parameters.adopted = record.flatMap { agent.inheritance.heritage(of: $0) }
    if guest != nil, record != nil, parameters.adopted == nil {
      throw PluginProblem(error: ENOENT, text: "its descriptors were not kept")
    }
    socketType = client?.socketType ?? 0
    ManagedPort.register(self)
    do throws(PluginProblem) {
      link = try PluginLink(port: self, parameters: parameters, client: client)
      if let record, let adopted = parameters.adopted {
        isAdopted = true
        agent.inheritance.confirm(adopted, of: record, current: link?.heritage(isQuiet: false))
      }
    } catch {
      agent.underlay.set([], of: number)
      ManagedPort.unregister(self)
      throw error
    }
    guard let link else { return }
    // Until the forwarding thread has called start, which may put into force what open made.
    isPreparing = true
    link.thread.post(
      link.addCommand { [weak self] result in
        guard let self else { return }
        if result < 0 {
          self.fail("the forwarding thread cannot take it: \(Errno(0 &- result))")
        } else {
          self.isForwarding = true
          self.finishIfEnded()
        }
        self.finishPreparing()
      })
    if let record, !record.counters.isEmpty { link.thread.post(link.carryCommand(record.counters)) }
  }

  /// Ends the port when the process behind `descriptor` (a pidfd) does.
  func endWithProcess(_ descriptor: Box<Descriptor>) throws(Errno) {
    let number = descriptor.value.number
    try agent.loop.watch(number) { [weak self] _ in
      guard let self else { return }
      self.agent.loop.unwatch(number)
      // A port that was added by name stays listed when it has failed; now it goes.
      if self.state == .failed { return self.remove() }
      self.note(.closing, text: "the process it was made for has ended", error: 0, largestFrame: nil)
    }
    guestWatch = descriptor
  }

  // MARK: State

  /// A state that the plugin reported on the control thread.
  func pluginChanged(to new: umbel_state, text: String) {
    if let link {
      unsafe link.thread.post(link.stateCommand(new))
    } else {
      unsafe earlyState = new
      unsafe earlyState?.text = nil
    }
    unsafe note(
      State(rawValue: new.state) ?? .failed, text: text, error: new.error, largestFrame: new.largest_frame,
      probeLimit: Forwarder.probeLimit(of: new))
  }

  /// A state reported while `open` is still running.
  var earlyState: umbel_state?

  /// Notes a new state, tells the journal, and does what follows from it.
  func note(
    _ new: State, text newText: String, error: Int32, largestFrame newLargest: UInt32?, probeLimit newLimit: UInt32 = 0
  ) {
    // What has failed is being stopped; a plugin that goes on speaking does not bring it back.
    guard !isEnding, state != .failed else { return }
    let old = state
    let oldText = text
    state = new
    text = Self.reason(newText, error, of: new)
    if new == .up {
      largestFrame = newLargest == 0 ? UMBEL_LARGEST_SEGMENT : newLargest
      probeLimit = newLimit
    }
    if old != new || oldText != newText { agent.report(change: old, of: self, error: error) }
    if new != .waiting { backoffSeconds = 1 }
    // One that says again and again that it waits does not put off its next try.
    if new != .waiting || retryTimer == nil { scheduleRetry() }
    agent.noteStatus()
    lan.hello.changed(self)
    finishIfEnded()
  }

  /// What is shown: a plugin's text, with the error that it gave where the text lacks it.
  private static func reason(_ text: String, _ error: Int32, of state: State) -> String {
    if error <= 0 { return text }
    let description = Errno(error).description
    if text.isEmpty { return description }
    return state == .failed && !text.contains(description) ? "\(text): \(description)" : text
  }

  private func finishIfEnded() {
    switch state {
    case .failed where isForwarding && guest == nil: stopForwarding {}
    case .failed where guest != nil, .closing: if link != nil { remove() }
    default: break
    }
  }

  private func fail(_ reason: String) { note(.failed, text: reason, error: 0, largestFrame: nil) }

  // MARK: Preparing

  private func scheduleRetry() {
    if let retryTimer { agent.loop.cancel(retryTimer) }
    retryTimer = nil
    retryAt = nil
    guard state == .waiting, transport.hasPrepare else { return }
    retryAt = monotonicNanoseconds() + backoffSeconds * 1_000_000_000
    retryTimer = agent.loop.after(milliseconds: backoffSeconds * 1_000) { [weak self] in
      guard let self else { return }
      self.backoffSeconds = min(self.backoffSeconds * 2, 30)
      self.retryTimer = nil
      self.prepare(reason: UMBEL_PREPARE_RETRY)
      if self.state == .waiting, self.retryTimer == nil { self.scheduleRetry() }
    }
  }

  /// The network of this host has changed.
  func interfacesChanged() {
    if watchesInterfaces { prepare(reason: UMBEL_PREPARE_INTERFACES) }
  }

  func prepare(reason: UInt32) {
    guard let link, !isEnding, state == .waiting || state == .up || state == .opening else { return }
    // What its transport would make is not part of what the next process gets; if that does not come, it looks again.
    guard !agent.isHandingOver else { return }
    guard !isPreparing else {
      nextReason = reason
      return
    }
    do throws(PluginProblem) {
      guard unsafe try transport.prepare(link.port, reason: reason) else { return }
    } catch {
      record(
        .warning, "\(path): \(error.text)", id: .transportWarning,
        fields: error.error > 0 ? [.errno: "\(error.error)"] : [:])
      return
    }
    isPreparing = true
    link.thread.post(link.commitCommand { [weak self] in self?.finishPreparing() })
  }

  private func finishPreparing() {
    isPreparing = false
    // From here on the descriptors are what they will be for a while.
    keeping.isStale = true
    agent.keeper.noteChange()
    if let nextChange {
      self.nextChange = nil
      nextChange()
    }
    guard !isPreparing, let next = nextReason else { return }
    nextReason = nil
    prepare(reason: next)
  }

  // MARK: Changing

  /// Puts other values of live options into force while the port runs.
  /// - Parameter action: called when they are, with true; with false when the transport does not take them so, and the
  ///   port is as it was.
  func change(to new: [OptionValue], then action: @escaping (Bool) -> Void) {
    guard !isPreparing else {
      nextChange = { self.change(to: new, then: action) }
      return
    }
    guard let link, !isLeaving, transport.hasPrepare else { return action(false) }
    let parameters = OpenParameters(number: number, role: role, lan: lan.name, name: name, values: new)
    do throws(PluginProblem) {
      let isToCommit = try unsafe transport.prepare(
        link.port, reason: UMBEL_PREPARE_CONFIGURATION, parameters: parameters)
      values = new
      keeping.isStale = true
      guard isToCommit else { return action(true) }
    } catch {
      return action(false)
    }
    isPreparing = true
    link.thread.post(
      link.commitCommand { [weak self] in
        self?.finishPreparing()
        action(true)
      })
  }

  /// Puts other options of the agent's own into force.
  func change(to new: PortSettings) {
    guard new != settings else { return }
    settings = new
    if let link, !link.isLeaving { link.thread.post(link.settingsCommand(new)) }
    lan.hello.changed(self)
  }

  /// The configuration has it from now on: it does not end with a process that has asked for it.
  func joinConfiguration() {
    origin = .configuration
    if let guestWatch {
      agent.loop.unwatch(guestWatch.value.number)
      agent.keeper.forget(guestWatch.value.number)
    }
    guestWatch = nil
  }

  /// Gives it room for so many bytes that wait; those that wait already keep their order.
  func changeQueue(to bytes: Int) {
    guard let link, !link.isLeaving else { return }
    do throws(Errno) {
      link.thread.post(try link.queueCommand(bytes: bytes))
    } catch {
      record(.warning, "\(path) keeps the queue that it has: \(error)")
    }
  }

  // MARK: Ending

  /// Takes the port out of its LAN, closes it, and then calls `action`.
  func remove(then action: @escaping () -> Void = {}) {
    endActions.append(action)
    guard !isEnding else { return }
    isEnding = true
    if state != .failed { state = .closing }
    if let retryTimer { agent.loop.cancel(retryTimer) }
    retryAt = nil
    followNoMore()
    lan.hello.changed(self)
    if let guestWatch { agent.loop.unwatch(guestWatch.value.number) }
    stopForwarding { [self] in
      if let link { link.close() }
      link = nil
      agent.keeper.forget(self)
      agent.underlay.set([], of: number)
      ManagedPort.unregister(self)
      PortNumbers.shared.giveBack(number)
      lan.forget(self)
      for action in endActions { action() }
      endActions = []
    }
  }

  private func stopForwarding(then action: @escaping () -> Void) {
    guard let link, !link.isStopped else { return action() }
    if let statistics = link.statistics { lastStatistics = statistics }
    link.thread.post(
      link.removeCommand { [self] in
        isForwarding = false
        stationCount = 0
        action()
      })
  }

  /// What names this port in a journal record.
  var fields: [JournalField: String] {
    var fields: [JournalField: String] = [.lan: lan.name, .port: name, .transport: transport.description.name]
    fields[.peer] = guest?.field
    return fields
  }
}

/// Why a port that is up carries no frames.
struct ShutReason {
  let text: String
  /// When it is tried again, at the earliest: nanoseconds of CLOCK_MONOTONIC.
  let until: UInt64
}
