// What the program `umbeld` does: from its arguments to a running agent, and from a signal to an orderly end.

import AgentAPI
import CLinux
import Glibc
import LinuxIO
import SystemdSupport
import TransportHost

/// The version that `umbeld --version` and `umbel status` show.
package let agentVersion = umbelVersion

/// What `umbeld` was started with.
package struct AgentProgram {
  /// `--config`; nil: `/etc/umbel/umbel.yaml` if there is one, else the built-in configuration.
  package var configurationPath: String?
  /// `--runtime-dir`; nil: `/run/umbel`, without root `$XDG_RUNTIME_DIR/umbel`.
  package var runtimeDirectory: String?
  /// `--plugin-dir`; nil: `../lib/umbel/plugins` beside the program's directory, else that directory itself.
  package var pluginDirectory: String?

  /// `--take-over`: the agent that runs in the runtime directory hands over everything, and ends.
  package var takesOver = false

  package init(
    configurationPath: String? = nil, runtimeDirectory: String? = nil, pluginDirectory: String? = nil,
    takesOver: Bool = false
  ) {
    self.takesOver = takesOver
    self.configurationPath = configurationPath
    self.runtimeDirectory = runtimeDirectory
    self.pluginDirectory = pluginDirectory
  }

  /// Exit statuses of sysexits.h that the program uses.
  package enum ExitStatus: Int32, Sendable {
    case ok = 0
    case unavailable = 69
    case software = 70
    case cannotCreate = 73
    case configuration = 78
  }

  /// Checks the configuration, prints what it holds or all that is wrong with it, and starts nothing.
  package func checkConfiguration() -> ExitStatus {
    do {
      let catalogue = try loadTransports()
      for (_, refusal) in catalogue.refused { Self.complain("\(refusal)") }
      let configuration = try load(catalogue)
      print(configuration.summary(transports: catalogue.transports.map(\.description)), terminator: "")
      return .ok
    } catch {
      Self.complain("\(error)")
      return .configuration
    }
  }

  /// Runs the agent until it is told to end.
  package func run() -> ExitStatus {
    signal(SIGPIPE, SIG_IGN)
    // Before any thread is made: a thread that does not block them would be ended by them.
    guard let signals = try? SignalDescriptor(blocking: [SIGTERM, SIGINT, SIGHUP, SIGUSR2]) else { return .unavailable }
    let manager = ServiceManager()
    let journal = Journal()
    var given = GivenDescriptors()
    let names = given.names
    // Each guest takes one.
    DescriptorLimit.raise()
    do {
      let catalogue = try loadTransports()
      for (name, refusal) in catalogue.refused {
        journal.log(
          .warning, "\(refusal)", id: .pluginRefused,
          fields: [.transport: name, .file: catalogue.directory.path + "/libumbel-\(name).so"])
      }
      let configuration: Configuration
      do {
        configuration = try load(catalogue)
        for note in configuration.notes { journal.log(.info, "\(note)") }
      } catch {
        journal.log(refused: error)
        return .configuration
      }
      if takesOver { return try takeOver(configuration, catalogue, journal, signals) }
      let directory = try RuntimeDirectory(runtimeDirectory)
      let left = LeftBehind(&given, names: names, journal)
      return try serve(configuration, catalogue, directory, journal, manager, signals, left)
    } catch {
      journal.log(.error, "\(error)", id: .startFailed)
      return error is RuntimeDirectoryFailure ? .cannotCreate : .unavailable
    }
  }

  /// Goes on in the place of another process. Everything that can be wrong here is looked at before that one ends.
  private func takeOver(
    _ configuration: Configuration, _ catalogue: TransportCatalogue, _ journal: Journal,
    _ signals: consuming SignalDescriptor
  ) throws -> ExitStatus {
    let request = try TakeOverRequest(
      runtimeDirectory: try runtimeDirectory ?? RuntimeDirectory.defaultPath())
    try request.check()
    let (entries, lock) = try request.finish()
    let directory = try RuntimeDirectory(runtimeDirectory, lock: Descriptor(owning: lock))
    var given = GivenDescriptors(entries)
    let left = LeftBehind(&given, names: entries.map(\.name), journal)
    return try serve(configuration, catalogue, directory, journal, ServiceManager(), signals, left)
  }

  private func serve(
    _ configuration: Configuration, _ catalogue: TransportCatalogue, _ directory: borrowing RuntimeDirectory,
    _ journal: Journal, _ manager: ServiceManager, _ signals: consuming SignalDescriptor, _ left: LeftBehind
  ) throws -> ExitStatus {
    let loop = try ControlLoop()
    let agent = try Agent(
      loop: loop, journal: journal, manager: manager, catalogue: catalogue, runtimeDirectory: directory.path)
    agent.inheritance = left.inheritance
    let reloader = Reloader(agent) { () throws(ConfigurationProblems) in try load(catalogue, isReload: true) }
    let methods = AgentMethods(agent: agent, reloader: reloader)
    let server = VarlinkServer(loop: loop, handler: methods, version: agentVersion)
    let socket = directory.path + "/umbel.sock"
    methods.server = server
    agent.keeper.others.append(
      StoredDescriptors.Entry(name: TakeOverRequest.lockName, number: directory.lock.number))
    let isActivated = try listen(server, at: socket, of: agent)
    defer {
      if !agent.isHandingOver {
        server.stop()
        agent.guests.stop()
        if !isActivated { unsafe unlink(socket) }
      }
      // The server does not hold its handler.
      withExtendedLifetime(methods) {}
    }
    try watch(signals, methods)
    do {
      // Before the ports look at the network: what changes from then on is not missed.
      try agent.watchInterfaces()
      try listenForGuests(at: directory.path + "/notify", agent)
      try agent.start(configuration)
      methods.repeatRequests(of: agent.inheritance)
    } catch {
      // The LANs that were made are taken down: no socket, directory or running thread is left behind.
      agent.end { loop.stop() }
      try loop.run()
      throw error
    }
    agent.restoreStations()
    left.finish(agent)
    agent.watchThreads()
    manager.ready(status: agent.statusText)
    try loop.run()
    return .ok
  }

  private func watch(_ signals: consuming SignalDescriptor, _ methods: AgentMethods) throws(Errno) {
    let (agent, loop) = (methods.agent, methods.agent.loop)
    let signals = Box(signals)
    try loop.watch(signals.value.descriptor.number) { [unowned methods] _ in
      while let number = signals.value.next() {
        // Whoever is about to take over would go on with what is being closed.
        if number != SIGHUP { methods.offer?.abort("this process is told to end") }
        switch number {
        case SIGHUP: methods.reloader.reload()
        case SIGUSR2: agent.leaveToManager { loop.stop() }
        default: agent.end { loop.stop() }
        }
      }
    }
  }

  /// - Returns: whether the service manager has made the socket and its file.
  private func listen(_ server: VarlinkServer, at path: String, of agent: Agent) throws(AgentFailure) -> Bool {
    do throws(Errno) {
      var activatedName: String?
      let descriptor: Descriptor
      if let listener = agent.inheritance.listener(at: path) {
        activatedName = listener.activatedName
        descriptor = listener.takeDescriptor()
        try descriptor.setNonBlocking()
      } else {
        // Anyone may connect: who may call is decided for each call, and others get an answer that says what they need.
        descriptor = try UnixSocket.listen(at: path, kind: .stream, mode: 0o666)
      }
      if let activatedName {
        agent.keeper.others.append(StoredDescriptors.Entry(name: activatedName, number: descriptor.number))
      } else {
        agent.keeper.listeners.append((path, descriptor.number))
      }
      try server.serve(listener: descriptor)
      return activatedName != nil
    } catch {
      throw AgentFailure("\(path) cannot be made: \(error). Name another directory with --runtime-dir.")
    }
  }

  private func listenForGuests(at path: String, _ agent: Agent) throws(AgentFailure) {
    var former: Box<Descriptor>?
    if let listener = agent.inheritance.listener(at: path) { former = Box(listener.takeDescriptor()) }
    let number = try agent.guests.listen(at: path, group: agent.access.group, former: former)
    agent.keeper.listeners.append((path, number))
  }

  // MARK: Parts

  private func loadTransports() throws(TransportRefusal) -> TransportCatalogue {
    TransportCatalogue(directory: try PluginDirectory(pluginDirectory ?? Self.defaultPluginDirectory))
  }

  private func load(
    _ catalogue: TransportCatalogue, isReload: Bool = false
  ) throws(ConfigurationProblems) -> Configuration {
    try Configuration.load(
      from: configurationPath, isReload: isReload, transports: catalogue.transports.map(\.description),
      check: catalogue.check)
  }

  /// The installed place, else beside the program, where a build leaves its plugins.
  static var defaultPluginDirectory: String {
    let program = executablePath() ?? "/usr/bin/umbeld"
    let directory = program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
    let installed = directory + "/../lib/umbel/plugins"
    return unsafe access(installed, F_OK) == 0 ? installed : directory
  }

  private static func complain(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}

extension TransportCatalogue {
  /// The transports' own checks, as the configuration reader asks for them.
  func check(_ description: TransportDescription, _ port: PortConfiguration) -> (optionName: String?, text: String)? {
    guard let transport = transport(named: description.name) else { return nil }
    do throws(PluginProblem) {
      try transport.check(
        OpenParameters(number: 0, role: port.role, lan: "", name: port.name, values: port.values))
      return nil
    } catch {
      return (error.option.map { description.options[$0].name }, error.text)
    }
  }
}
