import AgentAPI
import Ethernet
import Glibc
import LinuxIO
import Switching
import TransportHost

/// The methods of `org.umbel.Agent`: who may call them, and which function answers each.
final class AgentMethods: VarlinkHandler {
  unowned let agent: Agent
  /// What serves these methods; it does not retain them.
  weak var server: VarlinkServer?
  /// Another process is taking over.
  var offer: TakeOverOffer?
  let reloader: Reloader

  init(agent: Agent, reloader: Reloader) {
    self.agent = agent
    self.reloader = reloader
  }

  func handle(_ call: VarlinkCall) {
    guard agent.access.mayAttach(call.peer) else {
      return call.fail(AgentError.notPermitted(user: "\(call.peer.userId)", group: "umbel"))
    }
    guard isAllowed(call) else {
      return call.fail(
        AgentError.failed(
          call.method.rawValue, what: "Another process is taking over from this agent.",
          remedy: "Try again in a moment."))
    }
    do {
      switch call.method {
      case .status: status(call)
      case .listLans: listLANs(call)
      case .addLan: try addLAN(call)
      case .removeLan: try removeLAN(call)
      case .listPorts: try listPorts(call)
      case .addPort: try addPort(call)
      case .removePort: try removePort(call)
      case .listMirrors: try listMirrors(call)
      case .addMirror: try addMirror(call)
      case .removeMirror: try removeMirror(call)
      case .listStations: try listStations(call)
      case .listPeers: try listPeers(call)
      case .measurePeers: try measurePeers(call)
      case .listTransports: listTransports(call)
      case .attach: try attach(call)
      case .listGuests: listGuests(call)
      case .capture: try capture(call)
      case .openRecorder: try openRecorder(call)
      case .takeOver: try takeOver(call)
      case .finishTakeOver: try finishTakeOver(call)
      case .reload: reload(call)
      }
    } catch let error as any WireError {
      call.fail(error)
    } catch {
      call.fail(AgentError.failed(call.method.rawValue, what: "\(error)", remedy: "See the agent's journal."))
    }
  }

  private func reload(_ call: VarlinkCall) {
    reloader.reload { outcome in
      switch outcome {
      case .success(let reply): call.reply(reply)
      case .failure(let refused):
        call.fail(
          AgentError.configurationRefused(
            refused.problems[0].location.file, problems: refused.problems.map(\.description)))
      }
    }
  }

  // MARK: LANs

  private func status(_ call: VarlinkCall) {
    describeLANs(agent.lans) { [agent] lans, responding in
      call.reply(
        Status.Reply(
          version: agentVersion, processId: Int(getpid()),
          uptimeSeconds: Int((monotonicNanoseconds() - agent.started) / 1_000_000_000),
          runtimeDirectory: agent.runtimeDirectory, text: agent.statusText, lans: lans,
          forwardingThreads: agent.threads.map { thread in
            AgentAPI.ForwardingThread(
              index: thread.index, lans: agent.lans.filter { $0.thread === thread }.map(\.name).sorted(),
              responding: responding[thread.index])
          }))
    }
  }

  private func listLANs(_ call: VarlinkCall) {
    describeLANs(agent.lans) { lans, _ in call.reply(ListLans.Reply(lans: lans)) }
  }

  /// The LANs as the interface shows them, and which threads answered.
  private func describeLANs(_ lans: [ManagedLAN], then action: @escaping ([Lan], [Bool]) -> Void) {
    let threads = agent.threads
    let questions: [Inquiry.Question] =
      threads.map { ($0, { completion in unsafe ForwardingCommand(.ping, completion: completion) }) }
      + lans.map { lan in (lan.thread, { lan.countCommand($0) }) }
    let doorPorts = lans.flatMap(\.doorPorts).filter { $0.link?.isStopped == false }
    let doorQuestions: [Inquiry.Question] = doorPorts.compactMap { port in
      port.link.map { link in (link.thread, { link.statisticsCommand($0) }) }
    }
    Inquiry.ask(questions + doorQuestions, on: agent.loop) { answers in
      for (port, answer) in zip(doorPorts, answers.suffix(doorQuestions.count)) {
        if let answer { port.takeStatistics(answer) }
      }
      let described = zip(lans, answers.dropFirst(threads.count)).map { lan, answer in
        if let answer { lan.stationCount = answer.stationCount }
        return lan.described(fresh: answer != nil)
      }
      action(described.sorted { $0.name < $1.name }, answers.prefix(threads.count).map { $0 != nil })
    }
  }

  private func addLAN(_ call: VarlinkCall) throws {
    let lan = try makeLAN(try call.parameters(of: AddLan.self))
    call.reply(AddLan.Reply(lan: lan.described(fresh: true)))
  }

  /// Makes the LAN that is asked for.
  func makeLAN(_ parameters: AddLan.Parameters) throws -> ManagedLAN {
    if let problem = ConfigurationName.problem(ofLan: parameters.name) {
      throw AgentError.invalidOption("name", problem: problem, remedy: "Choose another name.")
    }
    guard agent.lan(named: parameters.name) == nil else { throw AgentError.lanExists(parameters.name) }
    guard agent.lans.count < Agent.mostLANs else {
      throw AgentError.limitReached("LANs", limit: Agent.mostLANs, remedy: "Remove one with `umbel lan remove`.")
    }
    let doors = try doors(parameters.doors)
    let values = try Self.values(
      parameters.options, LanConfiguration.options, of: "LANs",
      remedy: "Options: \(LanConfiguration.options.map(\.name).joined(separator: ", ")).")
    let configuration = LanConfiguration(
      name: parameters.name, doors: doors, ports: [], values: values, location: SourceLocation(file: "umbel lan add"))
    if let thread = configuration.thread, !agent.threads.indices.contains(thread) {
      throw AgentError.invalidOption(
        "thread", problem: "is \(thread)",
        remedy: "Forwarding threads are counted from 0 to \(agent.threads.count - 1).")
    }
    return try agent.addLAN(configuration, request: parameters)
  }

  /// - Parameter given: nil: each at its own place.
  private func doors(_ given: [DoorPlace]?) throws(AgentError) -> [DoorConfiguration] {
    guard let given else { return agent.catalogue.doors.map { DoorConfiguration(name: $0.name) } }
    var doors = [DoorConfiguration]()
    for door in given {
      do throws(DoorConfiguration.Problem) {
        doors.append(
          try DoorConfiguration(
            door: door.door, path: door.path, listen: door.listen, mode: door.mode, group: door.group,
            doors: agent.catalogue.doors))
      } catch {
        throw .invalidOption(
          "doors", problem: "is wrong in `\(error.key)`: \(error.message)",
          remedy: "Doors: \(agent.catalogue.doors.map(\.name).joined(separator: ", ")).")
      }
    }
    for (index, door) in doors.enumerated()
    where doors[..<index].contains(where: { $0.name == door.name && $0.place == door.place }) {
      throw .invalidOption("doors", problem: "has \(door.text) twice", remedy: "Give it once.")
    }
    return doors
  }

  private func removeLAN(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: RemoveLan.self)
    try lan(parameters.name).end { call.reply(Nothing()) }
  }

  func lan(_ name: String) throws(AgentError) -> ManagedLAN {
    guard let lan = agent.lan(named: name) else {
      throw AgentError.noSuchLan(name, existing: agent.lans.map(\.name))
    }
    return lan
  }

  // MARK: Ports

  private func listPorts(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: ListPorts.self)
    let lans = try parameters.lan.map { [try lan($0)] } ?? agent.lans.sorted { $0.name < $1.name }
    describe(lans.flatMap(\.ports)) { ports in call.stream(ports) { ListPorts.Reply(ports: $0) } }
  }

  private func describe(_ ports: [ManagedPort], then action: @escaping ([Port]) -> Void) {
    let asked = ports.filter { $0.link?.isStopped == false }
    let questions: [Inquiry.Question] = asked.compactMap { port in
      port.link.map { link in (link.thread, { link.statisticsCommand($0) }) }
    }
    Inquiry.ask(questions, on: agent.loop) { answers in
      for (port, answer) in zip(asked, answers) { if let answer { port.takeStatistics(answer) } }
      let silent = Set(zip(asked, answers).filter { $0.1 == nil }.map(\.0.number))
      action(ports.map { $0.described(fresh: !silent.contains($0.number)) })
    }
  }

  private func addPort(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: AddPort.self)
    // First: a port that cannot follow its caller must not stay.
    let caller = parameters.endWithCaller == true ? Box(try call.openCaller()) : nil
    call.reply(AddPort.Reply(port: try makePort(parameters, caller: caller).described(fresh: true)))
  }

  /// Makes the port that is asked for.
  /// - Parameters:
  ///   - caller: the process with which it ends.
  ///   - record: what the process before has left of it.
  func makePort(
    _ parameters: AddPort.Parameters, caller: Box<Descriptor>?, adopting record: HandOverState.Port? = nil
  ) throws -> ManagedPort {
    let lan = try lan(parameters.lan)
    guard let transport = agent.catalogue.transport(named: parameters.transport) else {
      throw AgentError.noSuchTransport(
        parameters.transport, existing: agent.catalogue.transports.map(\.description.name))
    }
    let name = try portName(parameters.name, kind: parameters.transport, in: lan)
    let role: TransportHost.PortRole =
      switch parameters.role {
      case .guest: .guest
      case .trunk: .trunk
      case nil: transport.description.defaultRole
      }
    guard transport.description.roles.contains(role) else {
      throw AgentError.invalidOption(
        "role", problem: "is \(role.word)",
        remedy: "\(parameters.transport) can be: \(transport.description.roles.map(\.word).joined(separator: ", ")).")
    }
    let (values, settings) = try portValues(parameters, transport.description, role, lan)
    try checkExclusive(transport, role, values)
    do throws(PluginProblem) {
      try transport.check(OpenParameters(number: 0, role: role, lan: lan.name, name: name, values: values))
      let port = try lan.addPort(
        name: name, transport: transport, role: role, values: values, settings: settings, origin: .request,
        adopting: record)
      if let caller { try follow(caller, port) }
      return port
    } catch {
      throw Self.error(error, transport.description, subject: "\(lan.name)/\(name)")
    }
  }

  /// What the transport is told, and what the agent keeps to itself.
  private func portValues(
    _ parameters: AddPort.Parameters, _ transport: TransportDescription, _ role: TransportHost.PortRole,
    _ lan: ManagedLAN
  ) throws(AgentError) -> ([OptionValue], PortSettings) {
    var settings = lan.configuration.guestDefaults.settings(of: role)
    let options = settings.options(of: role, beside: transport)
    let remedy = "`umbel transport list \(transport.name)` shows all options."
    for name in (parameters.options ?? [:]).keys.sorted() where !options.contains(where: { $0.name == name }) {
      guard let misplacement = PortOption(rawValue: name)?.misplacement else { continue }
      throw AgentError.invalidOption(name, problem: misplacement, remedy: remedy)
    }
    let values = try Self.values(parameters.options, options, of: transport.name, remedy: remedy)
    return (settings.take(values, of: options, beside: transport), settings)
  }

  /// Ends the port with the process behind `caller`; ends it now when that cannot be watched.
  private func follow(_ caller: Box<Descriptor>, _ port: ManagedPort) throws(PluginProblem) {
    do throws(Errno) {
      try port.endWithProcess(caller)
    } catch {
      port.remove()
      throw PluginProblem(error: error.code, text: "the calling process cannot be watched: \(error)")
    }
  }

  private func removePort(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: RemovePort.self)
    let lan = try lan(parameters.lan)
    guard let port = lan.port(named: parameters.port) else {
      throw AgentError.noSuchPort(parameters.port, lan: lan.name, existing: lan.ports.map(\.name))
    }
    port.remove { call.reply(Nothing()) }
  }

  private func portName(_ wanted: String?, kind: String, in lan: ManagedLAN) throws(AgentError) -> String {
    guard lan.hasRoom else {
      throw AgentError.limitReached(
        "ports in LAN \"\(lan.name)\"", limit: lan.ports.count, remedy: "Remove one, or use another LAN.")
    }
    guard let wanted else { return lan.freeName(kind) }
    if let problem = ConfigurationName.problem(ofPort: wanted) {
      throw AgentError.invalidOption("name", problem: problem, remedy: "Choose another name.")
    }
    guard lan.port(named: wanted) == nil else { throw AgentError.portExists(wanted, lan: lan.name) }
    return wanted
  }

  /// What one agent opens once must not be open already.
  private func checkExclusive(
    _ transport: LoadedTransport, _ role: TransportHost.PortRole, _ values: [OptionValue]
  ) throws(AgentError) {
    guard let obstacle = agent.obstacle(to: transport, role, values) else { return }
    throw AgentError.invalidOption(
      transport.description.exclusiveOption ?? "", problem: "is in use: \(obstacle.what)", remedy: obstacle.remedy)
  }

  private static func values(
    _ given: [String: [String]]?, _ options: [OptionDescription], of owner: String, remedy: String
  ) throws(AgentError) -> [OptionValue] {
    do {
      return try options.values(of: given ?? [:], of: owner)
    } catch {
      let first = error.problems[0]
      throw AgentError.invalidOption(first.option, problem: first.message, remedy: remedy)
    }
  }

  private static func error(
    _ problem: PluginProblem, _ transport: TransportDescription, subject: String
  ) -> AgentError {
    if let option = problem.option {
      return .invalidOption(
        transport.options[option].name, problem: "is refused by \(transport.name): \(problem.text)",
        remedy: "`umbel transport list \(transport.name)` shows all options.")
    }
    return .failed(
      subject, what: problem.text + ".", remedy: "`umbel transport list \(transport.name)` shows its options.")
  }

  // MARK: Attach

  private func attach(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: Attach.self)
    let lan = try lan(parameters.lan)
    guard let transport = agent.catalogue.transport(named: "socket") else {
      throw AgentError.noSuchTransport("socket", existing: agent.catalogue.transports.map(\.description.name))
    }
    guard agent.hasSpareDescriptors else {
      throw AgentError.failed(
        lan.name, what: "The agent has as many open files as it may.", remedy: "Raise its limit of open files.")
    }
    let name = try portName(parameters.name, kind: "run", in: lan)
    do {
      var descriptors = Descriptors()
      let port = try makeAttached(call, lan, transport, name, parameters, &descriptors)
      call.reply(Attach.Reply(port: port.described(fresh: true), descriptor: 0), descriptors: descriptors)
    } catch let problem as PluginProblem {
      throw Self.error(problem, transport.description, subject: "\(lan.name)/\(name)")
    } catch let error as Errno {
      throw AgentError.failed(
        lan.name, what: "The guest's socket cannot be set up: \(error).",
        remedy: "Raise the agent's limit of open files.")
    }
  }

  private func makeAttached(
    _ call: VarlinkCall, _ lan: ManagedLAN, _ transport: LoadedTransport, _ name: String,
    _ parameters: Attach.Parameters, _ descriptors: inout Descriptors
  ) throws -> ManagedPort {
    let (kind, type): (UnixSocket.Kind, Int32) =
      switch parameters.kind {
      case .seqpacket: (.seqpacket, Int32(SOCK_SEQPACKET.rawValue))
      case .stream: (.stream, Int32(SOCK_STREAM.rawValue))
      case .dgram: (.datagram, Int32(SOCK_DGRAM.rawValue))
      }
    // The guest's end is left blocking, as programs expect of an inherited descriptor; only the agent's is not.
    let pair = try UnixSocket.pair(kind, nonBlocking: false)
    try pair.first.setNonBlocking()
    // The send buffer of the guest's end is what holds its frames while the agent is busy; the guest would not ask.
    _ = SocketBuffer.send.request(4 << 20, of: pair.second.number)
    _ = descriptors.append(pair.second)
    let guest = GuestIdentity(call.peer, door: nil)
    let client = unsafe DoorClient(
      descriptor: pair.first, socketType: type, door: nil, peer: guest.peer, transport: transport.table)
    let values = try agent.catalogue.defaults(of: transport)
    // First: a port that cannot follow its caller must not stay.
    let caller = parameters.endWithCaller ? Box(try call.openCaller()) : nil
    let port = try lan.addPort(
      name: name, transport: transport, role: .guest, values: values, guest: guest, client: client)
    guard let caller else { return port }
    do throws(Errno) {
      try port.endWithProcess(caller)
    } catch {
      // Nobody gets the other end, and a datagram socket does not say that it is gone.
      port.remove()
      throw error
    }
    return port
  }
}
