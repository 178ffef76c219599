import AgentAPI
import CTransport
import Ethernet
import Glibc
import LinuxIO
import Switching
import TransportHost

// The agent's things as the control interface shows them.

extension ManagedLAN {
  /// - Parameter fresh: whether the forwarding thread has answered.
  func described(fresh: Bool) -> Lan {
    Lan(
      name: name, doors: doors.map(\.described), ports: ports.count,
      stations: stationCount, stationLimit: configuration.fdbEntries, ageingSeconds: configuration.ageingSeconds,
      recordBytes: configuration.recordBytes ?? 0, forwardingThread: thread.index, fresh: fresh)
  }
}

extension LANDoor {
  fileprivate var described: AgentAPI.Door {
    var door = AgentAPI.Door(name: name, problem: problem, transportCounters: ownPort?.shownTransportCounters ?? [:])
    if case .internet = configuration.place { door.listen = place } else { door.path = place }
    return door
  }
}

extension ManagedPort {
  /// Takes over what the forwarding thread has read.
  func takeStatistics(_ answer: ForwardingCommand) {
    stationCount = answer.stationCount
    wholeFrame = answer.wholeLimit == .max ? nil : answer.wholeLimit
    transportCounters = (0..<Int(answer.result)).map { index in
      let counter = unsafe answer.counters[index]
      return (unsafe counter.name.map { unsafe String(cString: $0) } ?? "unnamed", unsafe counter.value)
    }
  }

  /// - Parameter fresh: whether the forwarding thread has answered.
  func described(fresh: Bool) -> AgentAPI.Port {
    let statistics = link?.statistics ?? lastStatistics
    let now = monotonicNanoseconds()
    var counters = Counters()
    var drops: [String: Int] = [:]
    if let statistics {
      counters.receivedFrames = Int(clamping: statistics.receivedFrames)
      counters.receivedBytes = Int(clamping: statistics.receivedBytes)
      counters.sentFrames = Int(clamping: statistics.sentFrames)
      counters.sentBytes = Int(clamping: statistics.sentBytes)
      counters.flooded = Int(clamping: statistics.flooded)
      counters.moves = Int(clamping: statistics.moves)
      counters.learnRefused = Int(
        clamping: statistics.refusedTableFull + statistics.refusedPortLimit + statistics.refusedPinned)
      counters.mssClamped = Int(clamping: statistics.mssClamped)
      counters.fragmented = Int(clamping: statistics.fragmented)
      counters.segmentedFrames = Int(clamping: statistics.segmentedFrames)
      counters.segments = Int(clamping: statistics.segments)
      counters.coalescedFrames = Int(clamping: statistics.coalescedFrames)
      counters.coalescedSegments = Int(clamping: statistics.coalescedSegments)
      counters.agentFrames = Int(clamping: statistics[.hello])
      for reason in DropReason.allCases where reason != .hello && statistics[reason] > 0 {
        drops[reason.name] = Int(clamping: statistics[reason])
      }
    }
    counters.queuedFrames = link?.queuedFrames ?? 0
    counters.queuedBytes = link?.queuedBytes ?? 0
    return AgentAPI.Port(
      lan: lan.name, name: name, number: Int(number), transport: transport.description.name,
      role: role == .trunk ? .trunk : .guest, options: describedOptions, state: describedState,
      text: shut?.text ?? text,
      // Rounded up: a try that is not due yet is not made now.
      retryInSeconds: (shut?.until ?? retryAt).map { Int(($0 - min($0, now) + 999_999_999) / 1_000_000_000) },
      largestFrame: largestFrame.map(Int.init), wholeFrame: wholeFrame.map(Int.init), peer: guest.map(described),
      mirrorOf: lan.mirrors.first { $0.target == name }.flatMap { lan.isMirrorTarget(self) ? $0.sources : nil },
      counters: counters, drops: drops,
      transportCounters: shownTransportCounters,
      stations: stationCount, fresh: fresh)
  }

  /// Those that are not 0.
  fileprivate var shownTransportCounters: [String: Int] {
    Dictionary(
      transportCounters.filter { $0.value > 0 }.map { ($0.name, Int(clamping: $0.value)) }, uniquingKeysWith: +)
  }

  /// As AddPort takes them.
  var describedOptions: [String: [String]] {
    let description = transport.description
    let own = settings.ownOptions(of: role, beside: description).map { ($0.name, [$0.defaultText ?? ""]) }
    return description.texts(of: values).merging(own) { $1 }
  }

  private var describedState: AgentAPI.PortState {
    switch state {
    case .opening: .opening
    case .waiting: .waiting
    case .up: shut == nil ? .up : .waiting
    case .failed: .failed
    case .closing: .closing
    }
  }

  private func described(_ guest: GuestIdentity) -> AgentAPI.Peer {
    switch guest.peer {
    case .local(let userId, let groupId, let processId):
      AgentAPI.Peer(
        userId: Int(userId), groupId: Int(groupId), processId: processId > 0 ? Int(processId) : nil, door: guest.door)
    case .internet(let address): AgentAPI.Peer(address: address, door: guest.door)
    }
  }
}

extension LoadedTransport {
  var described: AgentAPI.Transport {
    AgentAPI.Transport(
      name: description.name, summary: description.summary, path: description.path,
      roles: description.roles.map { $0 == .trunk ? .trunk : .guest },
      defaultRole: description.defaultRole == .trunk ? .trunk : .guest, doors: description.doors.map(\.name),
      options: description.options.map(\.described), portOptions: ownOptions.map(\.described))
  }

  /// The agent's, of ports in any of its roles; the defaults are those of the usual role.
  private var ownOptions: [OptionDescription] {
    let settings = description.roles.sorted { $0 == description.defaultRole && $1 != $0 }.map {
      GuestDefaults().settings(of: $0).ownOptions(of: $0, beside: description)
    }
    var options = [OptionDescription]()
    for option in settings.flatMap({ $0 }) where !options.contains(where: { $0.name == option.name }) {
      options.append(option)
    }
    return options
  }
}

extension OptionDescription {
  fileprivate var described: TransportOption {
    // Both enumerations list the types of the ABI in its order.
    TransportOption(
      name: name, type: OptionType.allCases[Int(kind.rawValue)], help: help, default: defaultText, choices: choices,
      required: isRequired, live: isLive, minimum: hasLimits ? Int(minimum) : nil,
      maximum: hasLimits ? Int(maximum) : nil)
  }
}
