import AgentAPI
import CTransport
import Glibc
import LinuxIO
import Switching
import SystemdSupport
import TransportHost

/// A LAN as the control thread manages it: its ports, its doors, its directory, and the switch that a forwarding thread
/// runs.
@safe
final class ManagedLAN {
  /// What it was made with, or was changed to since.
  var configuration: LanConfiguration
  var name: String { configuration.name }
  /// Where its doors are: `<runtime>/<name>`.
  let directory: String
  private(set) var ports: [ManagedPort] = []
  /// Those of datagram doors, which receive for others.
  private(set) var doorPorts: [ManagedPort] = []
  var doors: [LANDoor] = []
  /// Below its own directory, outermost first.
  private var doorDirectories: [DoorDirectory] = []
  /// Entries of the FDB, as last read.
  var stationCount = 0

  /// Of the records about guests that come and go.
  var guestLimiter = RecordLimiter(burst: 200)

  unowned let agent: Agent
  /// Changes only while nothing is in the LAN.
  private(set) var thread: ForwardingThread
  private var forwarded: ForwardedLAN
  var context: UnsafeMutablePointer<LANContext> { unsafe forwarded.context }
  /// What its ports say to other agents, and hear.
  private(set) lazy var hello = LANHello(self)
  /// The last number given to a port of each kind that was given no name.
  var guestNumbers: [String: Int] = [:]
  /// How it was asked for at the control interface; nil: the configuration names it.
  var request: AddLan.Parameters?
  /// Mirrors that were asked for at the control interface.
  var requestedMirrors: [MirrorConfiguration] = []
  /// Kept until their ports are closed: their transports may still announce clients.
  var closedDoors: [LANDoor] = []
  /// What is recorded of it.
  var captures = LANCaptures()
  /// How many forwarding threads have yet to let go of it.
  private(set) var movesUnderway = 0
  private(set) var isEnding = false
  private var endActions: [() -> Void] = []

  init(_ configuration: LanConfiguration, agent: Agent, thread: ForwardingThread) throws(Errno) {
    self.configuration = configuration
    self.agent = agent
    self.thread = thread
    directory = "\(agent.runtimeDirectory)/\(configuration.name)"
    forwarded = try ForwardedLAN(configuration)
    forwarded.join(thread)
    if configuration.recordBytes != nil { renewRecorder() }
  }

  /// Has another forwarding thread run the LAN, in which there are no ports but those of doors; these are opened anew. A
  /// datagram that comes meanwhile may be lost.
  func move(to other: ForwardingThread) throws(Errno) {
    let new = try ForwardedLAN(configuration)
    for port in doorPorts { port.remove() }
    // Two threads never write one ring: the other gets them when this one has let go.
    movesUnderway += 1
    forwarded.leave(thread) { [self] in
      movesUnderway -= 1
      if movesUnderway == 0 { applyWaitingRings() }
    }
    forwarded = new
    thread = other
    new.join(other)
    for door in doors { door.reopenPort() }
  }

  // MARK: Doors

  /// Opens the doors of the configuration.
  func openDoors() throws(DoorError) {
    for door in configuration.doors + activatedDoors { try open(door) }
  }

  /// Opens a door, in a directory that is made if need be.
  func open(_ door: DoorConfiguration) throws(DoorError) {
    // Guests of other users pass it on their way to the doors, whatever the umask.
    let isMade = unsafe mkdir(directory, 0o755) == 0
    if isMade ? unsafe chmod(directory, 0o755) != 0 : errno != EEXIST {
      throw DoorError(path: directory, error: Errno.current)
    }
    // The configuration was checked: a door that no transport serves did not pass.
    guard let (transport, index) = agent.catalogue.door(named: door.name) else { return }
    let description = transport.description.doors[index]
    try makeDirectories(for: door, description)
    let isDatagram = description.socketType == SOCK_DGRAM.rawValue
    doors.append(
      isDatagram
        ? try DatagramDoor(door, index, of: transport, in: self)
        : try ListeningDoor(door, index, of: transport, in: self))
  }

  /// Doors that the service manager has opened beside those of the configuration: sockets named `LAN.DOOR`.
  private var activatedDoors: [DoorConfiguration] {
    let configured = configuration.doors.compactMap { door in
      agent.catalogue.door(named: door.name).map { transport, index in
        door.place(of: transport.description.doors[index], in: directory)
      }
    }
    return agent.inheritance.activatedDoors(of: name).compactMap { door, place in
      if configured.contains(place) { return nil }
      guard agent.catalogue.door(named: door) != nil, place.hasPrefix("/") else {
        agent.journal.log(
          .warning, "socket \(name).\(door) at \(place) is not used: no transport serves a door \(door) there",
          id: .socketUnused, fields: [.lan: name, .door: door])
        return nil
      }
      return DoorConfiguration(name: door, place: .path(place))
    }
  }

  /// Makes the directories on the way to a door, and the one where its clients make sockets, even if its own is
  /// elsewhere. Those that are there get the mode and the group that all doors together ask for.
  func makeDirectories(
    for door: DoorConfiguration, _ description: DoorDescription
  ) throws(DoorError) {
    if door.place != .standard, !description.hasOwnDirectory { return }
    for relative in description.directories {
      let path = "\(directory)/\(relative)"
      let isShared = description.hasOwnDirectory && relative == description.directories.last
      let (mode, group) = isShared ? try sharing(of: door.name) : (0o755, nil)
      do throws(Errno) {
        let made = try DoorDirectory(at: path, mode: mode, group: group)
        if !doorDirectories.contains(where: { $0.path == path }) { doorDirectories.append(made) }
      } catch {
        throw DoorError(path: path, error: error)
      }
    }
  }

  /// Where a transport may make sockets for the clients of a door; nil: nowhere.
  func clientDirectory(of door: DoorDescription) -> String? {
    door.hasOwnDirectory ? door.directories.last.map { "\(directory)/\($0)" } : nil
  }

  /// Mode and group of the directory where the clients of a door make sockets: the door's group may write there. When the
  /// door lets in others too, at this place or another, they may reach what is in it.
  private func sharing(of name: String) throws(DoorError) -> (mode: mode_t, group: UInt32?) {
    let places = configuration.doors.filter { $0.name == name }
    let own = try places.first { $0.place == .standard }?.access(otherwise: agent.access) ?? agent.access
    for place in places where try place.access(otherwise: agent.access).admitsMore(than: own) {
      return (0o1771, own.group)
    }
    return (0o1770, own.group)
  }

  // MARK: Ports

  /// Opens a port of the configuration or of the control interface.
  /// - Parameters:
  ///   - settings: the agent's own options; nil: the LAN's defaults.
  ///   - record: what the process before has left of it. A port that cannot be opened with it is opened anew.
  /// - Throws: what the transport says, and when the LAN is full or ending.
  @discardableResult
  func addPort(
    name: String, transport: LoadedTransport, role: TransportHost.PortRole, values: [OptionValue],
    settings: PortSettings? = nil, origin: PortOrigin = .configuration, guest: GuestIdentity? = nil,
    client: DoorClient? = nil, adopting record: HandOverState.Port? = nil
  ) throws(PluginProblem) -> ManagedPort {
    let port = ManagedPort(
      number: try takeNumber(), name: name, role: role, transport: transport, values: values,
      settings: settings ?? configuration.guestDefaults.settings(of: role, isConfigured: guest == nil), guest: guest,
      origin: guest == nil ? origin : .guest, lan: self)
    ports.append(port)
    followPort(named: name)
    do throws(PluginProblem) {
      try port.open(client: client, adopting: record)
    } catch {
      ports.removeLast()
      followPort(named: name)
      PortNumbers.shared.giveBack(port.number)
      // What was kept of it may be what is wrong. A guest is nothing without it.
      guard guest == nil, let record, record.heritage != nil else { throw error }
      agent.keeper.discard(record)
      agent.journal.log(
        .warning, "\(self.name)/\(name) is opened anew, because it is not taken over: \(error.text)",
        id: .adoptionFailed, fields: [.lan: self.name, .port: name, .transport: transport.description.name])
      return try addPort(
        name: name, transport: transport, role: role, values: values, settings: settings, origin: origin)
    }
    updateMirrors(for: port)
    return port
  }

  /// Opens the port that a datagram door receives by.
  func addDoorPort(of door: DatagramDoor, client: DoorClient) throws(PluginProblem) -> ManagedPort {
    let values = try door.values()
    let port = ManagedPort(
      number: try takeNumber(), name: "door-\(door.name)", role: .guest, transport: door.transport, values: values,
      settings: configuration.guestDefaults.settings(of: .guest, isConfigured: false), guest: nil, origin: .door,
      lan: self)
    port.door = door
    do throws(PluginProblem) {
      try port.open(client: client)
    } catch {
      PortNumbers.shared.giveBack(port.number)
      throw error
    }
    doorPorts.append(port)
    return port
  }

  private func takeNumber() throws(PluginProblem) -> UInt32 {
    if isEnding { throw PluginProblem(error: ENODEV, text: "LAN \(name) is being removed") }
    guard hasRoom, let number = PortNumbers.shared.take() else {
      throw PluginProblem(error: ENOSPC, text: "LAN \(name) has as many ports as it can")
    }
    return number
  }

  /// A name for a port that was given none: `bess-1`, `bess-2`, …; a number is not used twice.
  func freeName(_ kind: String) -> String {
    while true {
      let number = guestNumbers[kind, default: 0] + 1
      guestNumbers[kind] = number
      let name = "\(kind)-\(number)"
      if port(named: name) == nil { return name }
    }
  }

  func port(named name: String) -> ManagedPort? { ports.first { $0.name == name } }

  /// Whether one more guest can come.
  var hasRoom: Bool { ports.count + doorPorts.count < SwitchConfiguration().maximumPorts }

  /// The port has been closed.
  func forget(_ port: ManagedPort) {
    ports.removeAll { $0 === port }
    doorPorts.removeAll { $0 === port }
    noteEnded(port)
    followPort(named: port.name)
    agent.keeper.noteChange()
    for door in doors { door.resume() }
    if isEnding { endPorts() } else { endClosedDoors() }
  }

  // MARK: Ending

  /// Closes the doors, ends the ports, and then calls `action`.
  func end(then action: @escaping () -> Void) {
    endActions.append(action)
    guard !isEnding else { return }
    isEnding = true
    for door in doors { door.close() }
    closedDoors += doors
    doors = []
    for directory in doorDirectories.reversed() { directory.remove() }
    doorDirectories = []
    unsafe rmdir(directory)
    // One that has failed is forgotten at once, and the last one to be forgotten ends the LAN.
    if ports.isEmpty { return endPorts() }
    for port in ports { port.remove() }
  }

  /// When all guests' ports are closed, those that receive for them, and then the rest.
  private func endPorts() {
    guard ports.isEmpty else { return }
    if doorPorts.isEmpty { return finish() }
    for port in doorPorts { port.remove() }
  }

  private func finish() {
    // A datagram door holds its port, and that the LAN.
    closedDoors = []
    forwarded.leave(thread) { [self] in
      endCaptures()
      agent.forget(self)
      for action in endActions { action() }
      endActions = []
    }
  }

  // MARK: Questions

  // A question may be answered after the LAN has ended: its completion keeps the context.

  func countCommand(_ completion: @escaping (ForwardingCommand) -> Void) -> ForwardingCommand {
    unsafe ForwardingCommand(.countStations(context)) { [self] command in
      withExtendedLifetime(self) { completion(command) }
    }
  }

  func stationsCommand(
    from cursor: Int, _ completion: @escaping (ForwardingCommand) -> Void
  ) -> ForwardingCommand {
    let command = unsafe ForwardingCommand(.stations(context)) { [self] command in
      withExtendedLifetime(self) { completion(command) }
    }
    command.cursor = cursor
    return command
  }
}
