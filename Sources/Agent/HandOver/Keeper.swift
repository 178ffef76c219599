// What outlives this process, kept up to date while it runs: the service manager has a copy of each descriptor and of a
// memory file that says what they are (HandOverState). So a process that is killed leaves its guests' links to the next.
//
//   a port, a door, a LAN comes, goes or changes ──► noteChange ──(20 ms and more)──► settle: what has changed is stored
//
// Order: descriptors first, then the file that names them, then the file before it is taken back. Killed in between, the
// manager has a file whose descriptors are all there, and some that no file names; those the next process ends.

import AgentAPI
import Glibc
import LinuxIO
import SystemdSupport
import TransportHost

/// Keeps what outlives the process. Control thread.
final class Keeper {
  unowned let agent: Agent
  /// Listening sockets of the agent itself, by place.
  var listeners: [(place: String, number: Int32)] = []
  /// Descriptors that go to a process that takes over, and not into the store: the service manager has them anyway, or
  /// they end with this process.
  var others: [StoredDescriptors.Entry] = []
  private var table = StoredDescriptors()
  /// Whether there is a manager with a store.
  let isActive: Bool
  private var isScheduled = false
  private var shortestWait: UInt64 = Keeper.shortestWait
  /// The name of the file that is stored, and what it says.
  private var stateName: String?
  private var state: [UInt8] = []
  /// What the file says of attempts: this process may yet be ended by what it has taken over.
  private var attempts: UInt64 = 0

  private static let shortestWait: UInt64 = 20

  init(_ agent: Agent, isActive: Bool) {
    self.agent = agent
    self.isActive = isActive
  }

  /// Something that is kept has changed. What is to be done is done soon, for all that changes until then.
  func noteChange() {
    guard isActive, !isScheduled else { return }
    isScheduled = true
    agent.loop.after(milliseconds: shortestWait) { [weak self] in
      self?.isScheduled = false
      self?.settleWhileStaying()
    }
  }

  private func settleWhileStaying() {
    // Whoever takes over has what there is now; without it, a change is noted when all goes on.
    if isActive, !agent.isEnding, !agent.isHandingOver { settle() }
  }

  /// The port has been closed: the copies of its descriptors go at once, because a device or a UDP port is taken as long as
  /// there is one.
  func forget(_ port: ManagedPort) {
    guard isActive, !agent.isEnding else { return }
    if let watch = port.guestWatch { forget(watch.value.number) }
    guard let kept = port.keeping.heritage?.kept else { return }
    let names = kept.compactMap { forget($0.descriptor) }
    // Guests' sockets are nobody else's; what was asked for by name may be asked for again at once.
    if port.guest == nil, !names.isEmpty { _ = agent.manager.barrier(milliseconds: 500) }
  }

  /// A descriptor has been closed or is about to be: its number may be another file's soon, one that looks the same.
  /// - Returns: the name that was taken back; nil: none.
  @discardableResult
  func forget(_ number: Int32) -> String? {
    guard isActive, let name = table.forget(number) else { return nil }
    agent.manager.unstore(name: name)
    noteChange()
    return name
  }

  /// What was kept of a port was of no use: as long as there is a copy, a device or a UDP port is taken.
  func discard(_ record: HandOverState.Port) {
    guard isActive, let kept = record.heritage?.kept else { return }
    for one in kept where !agent.inheritance.isShared(one.name) { agent.manager.unstore(name: one.name) }
    _ = agent.manager.barrier(milliseconds: 500)
  }

  /// Takes over what was kept by the process before, once all has been opened.
  /// - Parameters:
  ///   - stored: the names of all that the manager has given.
  ///   - attempts: how many processes have tried, this one included.
  func adopt(_ inheritance: Inheritance, stored: [String], attempts: UInt64) {
    self.attempts = attempts
    agent.loop.after(milliseconds: 1_000) { [weak self] in
      self?.attempts = 0
      // Not with the next change: with many ports that may be a second away.
      self?.settleWhileStaying()
    }
    table.skip(stored)
    for entry in inheritance.taken { table.adopt(entry.number, name: entry.name) }
    // The file of the process before holds until there is the first of this one.
    stateName = stored.filter(StoredDescriptors.isStateName).max {
      StoredDescriptors.number(of: $0) ?? 0 < StoredDescriptors.number(of: $1) ?? 0
    }
    let kept = Set(inheritance.taken.map(\.name) + [stateName].compactMap { $0 })
    for name in Set(stored) where StoredDescriptors.isName(name) && !kept.contains(name) {
      agent.manager.unstore(name: name)
    }
    noteChange()
  }

  /// Brings the store up to date now.
  func settle() {
    let began = monotonicNanoseconds()
    let change = refresh(isQuiet: false)
    store(change, describe().encoded(attempts: attempts))
    // With thousands of ports it is not done fifty times a second.
    let took = (monotonicNanoseconds() - began) / 1_000_000
    shortestWait = min(max(Self.shortestWait, took * 20), 1_000)
  }

  /// Stores all for the last time; nothing moves any more.
  func settleForGood(_ stations: [HandOverState.Station]) {
    let change = refresh(isQuiet: true)
    store(change, describe().encoded(stations))
  }

  /// What another process takes over itself: the file, and the descriptors that it names. They stay this process's own.
  func everything(_ stations: [HandOverState.Station]) throws(Errno) -> (
    state: Box<Descriptor>, name: String, descriptors: [StoredDescriptors.Entry]
  ) {
    let change = refresh(isQuiet: true)
    let bytes = describe().encoded(stations)
    store(change, bytes)
    let file = try MemoryFile.make("umbel-state", bytes)
    let activated = agent.lans.flatMap(\.doors).compactMap(\.activated)
    return (Box(file), stateName ?? table.takeStateName(), table.entries + others + activated)
  }

  // MARK: Descriptors

  /// Asks ports whose descriptors may be others, all when nothing moves, and says what that changes in the store.
  private func refresh(isQuiet: Bool) -> StoredDescriptors.Change {
    var wanted = listeners.map { StoredDescriptors.Wanted(number: $0.number) }
    for lan in agent.lans {
      wanted += lan.doors.compactMap(\.keptSocket).map { StoredDescriptors.Wanted(number: $0) }
      for port in lan.ports {
        if isQuiet || port.keeping.isStale { port.keeping.take(port.link?.heritage(isQuiet: isQuiet)) }
        wanted += (port.keeping.heritage?.kept ?? []).map {
          StoredDescriptors.Wanted(number: $0.descriptor, stamp: port.keeping.stamp)
        }
        if let watch = port.guestWatch { wanted.append(StoredDescriptors.Wanted(number: watch.value.number)) }
      }
    }
    return table.settle(wanted)
  }

  /// - Parameter bytes: of the file, which names what the change stores.
  private func store(_ change: StoredDescriptors.Change, _ bytes: [UInt8]) {
    guard isActive else { return }
    for name in change.unstore { agent.manager.unstore(name: name) }
    for entry in change.store { agent.manager.store(entry.number, name: entry.name) }
    guard bytes != state else { return }
    let name = table.takeStateName()
    do throws(Errno) {
      let file = try MemoryFile.make("umbel-state", bytes)
      agent.manager.store(file.number, name: name)
      if let stateName {
        agent.manager.unstore(name: stateName)
        // A store that is full, which nobody tells, has not taken it the first time. What it has it does not take twice.
        agent.manager.store(file.number, name: name)
      }
    } catch {
      return agent.journal.log(
        .warning, "a restart would not keep what has changed last: \(error)", id: .handOverIncomplete,
        fields: [.errno: "\(error.code)"])
    }
    stateName = name
    state = bytes
  }

  // MARK: The description

  private func describe() -> HandOverState {
    var state = HandOverState()
    state.listeners = listeners.compactMap { listener($0.place, $0.number) }
    for lan in agent.lans {
      state.listeners += lan.doors.compactMap { door in door.keptSocket.flatMap { listener(door.place, $0) } }
      state.lans.append(
        HandOverState.LAN(
          name: lan.name, request: lan.request, guestNumbers: lan.guestNumbers,
          ports: lan.keptPorts.map(describe), mirrors: lan.describedRequests))
    }
    return state
  }

  private func listener(_ place: String, _ number: Int32) -> HandOverState.Listener? {
    guard let name = table.name(of: number) else { return nil }
    var listener = HandOverState.Listener(place: place, name: name)
    if place.hasPrefix("/") {
      guard let identity = FileIdentity(ofSocketAt: place) else { return nil }
      listener.device = identity.device
      listener.inode = identity.inode
    }
    return listener
  }

  private func describe(_ port: ManagedPort) -> HandOverState.Port {
    var record = HandOverState.Port(
      name: port.name, transport: port.transport.description.name, isTrunk: port.role == .trunk, origin: port.origin,
      options: port.describedOptions)
    record.guest = port.guest.map { HandOverState.Guest($0, socketType: port.socketType) }
    record.caller = port.guestWatch.flatMap { table.name(of: $0.value.number) }
    guard let heritage = port.keeping.heritage else { return record }
    let kept = heritage.kept.compactMap { kept in
      table.name(of: kept.descriptor).map { HandOverState.Kept(kind: kept.kind, name: $0) }
    }
    if kept.count == heritage.kept.count {
      record.heritage = HandOverState.KeptHeritage(isQuiet: heritage.isQuiet, kept: kept, state: heritage.state)
    }
    // While frames move, what is counted here is old at once.
    if heritage.isQuiet { record.counters = port.link?.counterValues ?? [] }
    return record
  }
}

extension HandOverState.Guest {
  init(_ identity: GuestIdentity, socketType: Int32) {
    self.init(door: identity.door, socketType: socketType)
    switch identity.peer {
    case .local(let userId, let groupId, let processId):
      self.userId = userId
      self.groupId = groupId
      self.processId = processId
    case .internet(let address): self.address = address
    }
  }

  var identity: GuestIdentity {
    if let address { return GuestIdentity(.internet(address), door: door) }
    return GuestIdentity(.local(userId: userId, groupId: groupId, processId: processId), door: door)
  }
}
