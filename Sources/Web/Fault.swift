package import AgentAPI

/// Something that is not as it should be, in words.
package struct Fault: Codable, Hashable, Sendable {
  /// How much of it is lost: `warning`, something may come back by itself or works in part; `fault`, it does not work.
  package enum Weight: String, Codable, Sendable {
    case fault
    case warning
  }

  package let weight: Weight
  /// The LAN it is about; nil: the agent.
  package let lan: String?
  /// The port it is about.
  package let port: String?
  /// One or two sentences.
  package let text: String

  init(_ weight: Weight, lan: String? = nil, port: String? = nil, _ text: String) {
    self.weight = weight
    self.lan = lan
    self.port = port
    self.text = text
  }
}

extension Fault {
  /// The most of them that are told; more do not make anything clearer.
  private static let most = 100

  /// All that can be seen in a state.
  /// - Parameters:
  ///   - before: an earlier state, to tell what is lost now from what was once.
  ///   - seconds: how long before.
  package static func all(in state: AgentState, before: AgentState?, seconds: Double) -> [Fault] {
    let found =
      agent(state) + state.status.lans.flatMap(doors) + state.ports.compactMap(standing)
      + losses(in: state, before: before, seconds: seconds) + state.peers.flatMap(about)
    let sorted = found.filter { $0.weight == .fault } + found.filter { $0.weight == .warning }
    if sorted.count <= most { return sorted }
    return sorted.prefix(most) + [Fault(.warning, "And \(sorted.count - most) more.")]
  }

  private static func agent(_ state: AgentState) -> [Fault] {
    let threads = state.status.forwardingThreads.filter { !$0.responding }.map {
      Fault(.fault, "Forwarding thread \($0.index) does not answer; it runs \($0.lans.joined(separator: ", ")).")
    }
    let transports = state.transports.refused.map {
      Fault(.warning, "Transport \($0.name) was not loaded: \($0.problem)")
    }
    let guests = state.guests.guests.filter { !$0.trouble.isEmpty }.map {
      Fault(.fault, "Guest \($0.name) is in trouble: \($0.trouble)")
    }
    return threads + transports + guests
  }

  private static func doors(of lan: Lan) -> [Fault] {
    lan.doors.compactMap { door in
      door.problem.map { Fault(.warning, lan: lan.name, "Door \(door.name) is not open: \($0)") }
    }
  }

  private static func standing(of port: Port) -> Fault? {
    let why = port.text.isEmpty ? "." : ": \(port.text)"
    switch port.state {
    case .up: return nil
    case .opening, .closing:
      return Fault(.warning, lan: port.lan, port: port.name, "Port \(port.name) is \(port.state)\(why)")
    case .waiting: return Fault(.warning, lan: port.lan, port: port.name, "Port \(port.name) waits\(why)")
    case .failed: return Fault(.fault, lan: port.lan, port: port.name, "Port \(port.name) has failed\(why)")
    }
  }

  private static func losses(in state: AgentState, before: AgentState?, seconds: Double) -> [Fault] {
    guard let before, seconds > 0 else { return [] }
    let earlier = Dictionary(before.ports.map { ($0.number, $0) }) { first, _ in first }
    return state.ports.compactMap { port in
      guard let old = earlier[port.number], old.name == port.name, port.dropped > old.dropped else { return nil }
      let growing = port.drops.filter { !Port.filtering.contains($0.key) && $0.value > old.drops[$0.key] ?? 0 }
      let reasons = growing.keys.sorted().joined(separator: ", ")
      let rate = max(1, Int((Double(port.dropped - old.dropped) / seconds).rounded()))
      return Fault(
        .warning, lan: port.lan, port: port.name, "Port \(port.name) drops \(rate) frames a second: \(reasons).")
    }
  }

  private static func about(_ peer: TrunkPeer) -> [Fault] {
    let who = peer.host ?? peer.name ?? peer.address ?? "its peer"
    func warning(_ text: String) -> Fault { Fault(.warning, lan: peer.lan, port: peer.port, text) }
    var faults: [Fault] = []
    switch peer.state {
    case .up: break
    case .silent:
      let since = peer.lastHeardSeconds.map { " for \($0) s" } ?? ""
      faults.append(warning("\(who) on trunk \(peer.port) has not been heard\(since)."))
    case .never: faults.append(warning("\(who) on trunk \(peer.port) has never been heard."))
    }
    if peer.muted {
      faults.append(warning("Trunk \(peer.port) is a second path to \(who): what comes by it is dropped."))
    }
    if let loss = peer.lossInPercent, loss > 0, peer.state == .up {
      faults.append(warning("\(loss) % of the hellos of \(who) on trunk \(peer.port) do not arrive."))
    }
    if let loss = peer.lossOutPercent, loss > 0, peer.state == .up {
      faults.append(warning("\(loss) % of our hellos do not reach \(who) on trunk \(peer.port)."))
    }
    return faults
  }
}
