import Agent
import AgentAPI
import LinuxIO

/// Answers some methods in the ways that tests need.
final class TestHandler: VarlinkHandler {
  let loop: ControlLoop
  /// Calls of ListLans, which wait for `answerHeld`.
  var held: [VarlinkCall] = []
  /// How many calls came, by method.
  var counts: [MethodName: Int] = [:]
  /// What ListLans answers; nil: its calls are held.
  var lans: [Lan]?
  /// What ListPorts answers.
  var ports: [Port] = []
  /// What Attach and AddPort were called with.
  var attached: [Attach.Parameters] = []
  var added: [AddPort.Parameters] = []
  /// What ListStations streams.
  var stations = 0
  /// What ListGuests answers.
  var guests = ListGuests.Reply(guests: [], groups: [])
  /// What Reload answers; nil: that the configuration is refused.
  var reload: Reload.Reply?
  /// Pieces of a stream that were made.
  var pieces = 0

  init(_ loop: ControlLoop) { self.loop = loop }

  func handle(_ call: VarlinkCall) {
    counts[call.method, default: 0] += 1
    do throws(ServiceError) {
      switch call.method {
      case .status: call.reply(Self.status)
      case .listLans:
        if let lans { call.reply(ListLans.Reply(lans: lans)) } else { held.append(call) }
      case .addLan:
        let parameters = try call.parameters(of: AddLan.self)
        call.reply(AddLan.Reply(lan: Self.lan(parameters.name)))
      case .removeLan:
        let parameters = try call.parameters(of: RemoveLan.self)
        call.fail(AgentError.noSuchLan(parameters.name, existing: ["default", "lab"]))
      case .listPorts: call.reply(ListPorts.Reply(ports: ports))
      case .listStations: stream(call)
      case .attach:
        attached.append(try call.parameters(of: Attach.self))
        attach(call)
      case .addPort:
        let parameters = try call.parameters(of: AddPort.self)
        added.append(parameters)
        call.reply(AddPort.Reply(port: Self.port(parameters.transport, lan: parameters.lan)))
      // Forgets the call.
      case .removePort: break
      case .listGuests: call.reply(guests)
      case .reload:
        guard let reload else {
          return call.fail(AgentError.configurationRefused("u.yaml", problems: ["u.yaml:2:3: lab: is bad"]))
        }
        call.reply(reload)
      case .listMirrors, .addMirror, .removeMirror, .listTransports, .listPeers, .capture, .openRecorder, .measurePeers,
        .takeOver, .finishTakeOver:
        call.fail(ServiceError.methodNotImplemented(call.method.qualified))
      }
    } catch {
      call.fail(error)
    }
  }

  func answerHeld() {
    for call in held { call.reply(ListLans.Reply(lans: [])) }
    held = []
  }

  private func stream(_ call: VarlinkCall) {
    let stations = (0..<stations).map { index in
      Station(lan: "lab", vlan: 0, mac: "02:00:00:00:00:00", port: "p\(index)", remote: 0, ageSeconds: 0, pinned: false)
    }
    call.stream(stations) { piece in
      self.pieces += 1
      return ListStations.Reply(stations: piece)
    }
  }

  private func attach(_ call: VarlinkCall) {
    guard let pair = try? UnixSocket.pair(.seqpacket, nonBlocking: true) else { return }
    _ = try? UnixSocket.write([1, 2, 3], to: pair.first)
    call.reply(
      Attach.Reply(port: Self.port("socket", lan: "lab"), descriptor: 0), descriptors: Descriptors(pair.second))
  }

  static let status = Status.Reply(
    version: "1.2.3", processId: 7, uptimeSeconds: 60, runtimeDirectory: "/run/umbel", text: "1 LAN",
    lans: [lan("lab")], forwardingThreads: [ForwardingThread(index: 0, lans: ["lab"], responding: true)])

  static func port(_ transport: String, lan: String, _ options: [String: String] = [:]) -> Port {
    Port(
      lan: lan, name: transport, number: 1, transport: transport, role: .guest, options: options.mapValues { [$0] },
      state: .up, text: "", counters: Counters(), drops: [:], transportCounters: [:], stations: 0, fresh: true)
  }

  static func lan(_ name: String) -> Lan {
    Lan(
      name: name, doors: [Door(name: "bess", path: "/run/umbel/\(name)/bess")], ports: 1, stations: 0,
      stationLimit: 65_536, ageingSeconds: 300, forwardingThread: 0, fresh: true)
  }
}
