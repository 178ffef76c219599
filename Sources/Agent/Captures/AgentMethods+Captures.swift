import AgentAPI
import Ethernet
import LinuxIO
import Recording
import Switching
import TransportHost

extension AgentMethods {
  /// Bytes of a ring for a client: what a moment of full speed takes, and no more than an agent can spare.
  private static let defaultBytes = 4 << 20
  private static let mostBytes = 256 << 20
  /// Ports that can be named for a capture.
  private static let mostPorts = 64

  func capture(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: Capture.self)
    let lan = try lan(parameters.lan)
    guard lan.hasCaptureRoom else {
      throw unsafe AgentError.limitReached(
        "captures of LAN \"\(lan.name)\"", limit: CaptureRings.mostCaptures, remedy: "End one of them.")
    }
    guard agent.hasSpareDescriptors else {
      throw AgentError.failed(
        lan.name, what: "The agent has as many open files as it may.", remedy: "Raise its limit of open files.")
    }
    let snaplen = try Self.number(
      parameters.snaplen, "snaplen", in: 64...RingLayout.mostSnaplen, otherwise: RingLayout.mostSnaplen)
    let bytes = try Self.number(parameters.bytes, "bytes", in: 65_536...Self.mostBytes, otherwise: Self.defaultBytes)
    guard agent.hasRoom(forRing: bytes) else {
      throw AgentError.limitReached(
        "bytes of captures and flight recorders", limit: Agent.mostRingBytes, remedy: "Ask for fewer, or end others.")
    }
    let names = Set(parameters.ports ?? [])
    guard names.count <= Self.mostPorts else {
      throw AgentError.limitReached(
        "ports of a capture", limit: Self.mostPorts, remedy: "Leave them out, and choose when reading.")
    }
    var ports: [String: UInt32] = [:]
    for name in names {
      guard let port = lan.port(named: name) else {
        throw AgentError.noSuchPort(name, lan: lan.name, existing: lan.ports.map(\.name))
      }
      ports[name] = port.number
    }
    let filter = try Self.filter(parameters.filter)
    do throws(Errno) {
      let ring = try CaptureRing(bytes: bytes, snaplen: snaplen, filter: filter, ports: ports)
      call.whenGone { [weak lan, weak ring] in if let ring { lan?.remove(ring) } }
      lan.add(ring) { Self.answer(call, ring, of: lan) }
    } catch {
      throw AgentError.failed(
        lan.name, what: "There is no memory for a capture: \(error).", remedy: "Ask for fewer bytes.")
    }
  }

  func openRecorder(_ call: VarlinkCall) throws {
    let lan = try lan(try call.parameters(of: OpenRecorder.self).lan)
    guard let recorder = lan.captures.recorder else {
      throw AgentError.failed(
        lan.name, what: "LAN \"\(lan.name)\" has no flight recorder.",
        remedy: "Give it one: `record: 8M` in the configuration, then `umbel reload`.")
    }
    Self.answer(call, recorder, of: lan)
  }

  /// Hands out a ring.
  private static func answer(_ call: VarlinkCall, _ ring: CaptureRing, of lan: ManagedLAN) {
    do throws(Errno) {
      call.reply(
        Capture.Reply(descriptor: 0, ports: lan.capturePorts, reasons: reasons),
        descriptors: Descriptors(try ring.descriptor()))
    } catch {
      call.fail(
        AgentError.failed(
          lan.name, what: "The ring cannot be handed out: \(error).", remedy: "Raise the agent's limit of open files."))
    }
  }

  /// The names of the reasons, each at the place of its code.
  private static var reasons: [String] { DropReason.allCases.map(\.name) }

  private static func number(
    _ given: Int?, _ name: String, in range: ClosedRange<Int>, otherwise: Int
  ) throws(AgentError) -> Int {
    guard let given else { return otherwise }
    guard range.contains(given) else {
      throw AgentError.invalidOption(
        name, problem: "is \(given)", remedy: "Allowed is \(range.lowerBound) to \(range.upperBound).")
    }
    return given
  }

  private static func filter(_ given: FrameFilter?) throws(AgentError) -> CaptureFilter {
    var filter = CaptureFilter()
    if let mac = given?.mac {
      guard let address = try? MACAddress(parsing: mac) else {
        throw .invalidOption("mac", problem: "is \(mac)", remedy: "Write an address such as 52:54:00:12:34:56.")
      }
      filter.mac = address
    }
    if let host = given?.host {
      guard let address = IPAddress(host) else {
        throw .invalidOption("host", problem: "is \(host)", remedy: "Write an IPv4 or IPv6 address.")
      }
      filter.host = address
    }
    filter.etherType = try given?.etherType.map { value throws(AgentError) in
      UInt16(try number(value, "etherType", in: 0...65_535, otherwise: 0))
    }
    filter.vlan = try given?.vlan.map { value throws(AgentError) in
      UInt16(try number(value, "vlan", in: 0...4_094, otherwise: 0))
    }
    return filter
  }
}

extension Agent {
  /// Bytes of all captures and flight recorders together: clients shall not have the agent take all memory.
  static let mostRingBytes = 1 << 30

  func hasRoom(forRing bytes: Int) -> Bool {
    lans.reduce(bytes) { $0 + $1.captures.byteCount } <= Self.mostRingBytes
  }
}

extension ManagedLAN {
  /// The ports whose frames may be recorded, those that have ended first.
  fileprivate var capturePorts: [CapturePort] {
    captures.endedPorts.map { CapturePort(number: Int($0.number), name: $0.name, transport: "ended") }
      + (ports + doorPorts).map {
        CapturePort(number: Int($0.number), name: $0.name, transport: $0.transport.description.name)
      }
  }
}
