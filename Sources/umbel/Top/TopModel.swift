import AgentAPI

/// What `umbel top` shows, and what keys have made of it: values alone.
package struct TopModel {
  /// A port by its names, which it keeps when the agent is another process.
  package struct PortName: Equatable {
    let lan: String
    let port: String

    package init(lan: String, port: String) {
      self.lan = lan
      self.port = port
    }

    init(_ port: Port) { self.init(lan: port.lan, port: port.name) }
  }

  /// The name of this host.
  let host: String
  /// As it is shown.
  let interval: String
  /// What the agent has said last; nil: nothing yet.
  package private(set) var snapshot: Snapshot?
  /// By port number; empty while there is nothing to compare with.
  private(set) var rates: [Int: Rates] = [:]
  /// The ports of the snapshot before, by number, and how long before that was.
  private(set) var earlier: [Int: Port] = [:]
  private(set) var seconds = 0.0
  /// Why there is no newer snapshot; nil: there is none to come yet.
  package private(set) var problem: String?

  /// The LAN that alone is shown; nil: all.
  package private(set) var lan: String?
  /// The port that alone is shown.
  package private(set) var detail: PortName?
  /// Where the mark is; nil: at the first.
  private(set) var chosen: PortName?
  private(set) var order = TopOrder.receivedBits
  private(set) var isReversed = false
  package private(set) var isPaused = false

  package init(host: String, interval: String, lan: String? = nil, port: String? = nil) {
    self.host = host
    self.interval = interval
    self.lan = lan
    if let lan, let port { detail = PortName(lan: lan, port: port) }
  }

  // MARK: What the agent says

  package mutating func take(_ new: Snapshot) {
    rates = Rates.of(new, since: snapshot)
    if let snapshot, snapshot.status.processId == new.status.processId, new.time > snapshot.time {
      earlier = Dictionary(snapshot.ports.map { ($0.number, $0) }) { $1 }
      seconds = Double(new.time - snapshot.time) / 1e9
    } else {
      earlier = [:]
    }
    snapshot = new
    problem = nil
  }

  /// The agent has not answered, or not as it should.
  package mutating func fail(_ text: String) {
    problem = text
    // They were of a time that is over.
    rates = [:]
    earlier = [:]
  }

  // MARK: What is shown

  /// The LANs that are shown.
  var lans: [Lan] { (snapshot?.status.lans ?? []).filter { lan == nil || $0.name == lan } }

  /// The ports that are shown, in order.
  var ports: [Port] {
    order.sorted(ports(of: lan), rates, isReversed: isReversed)
  }

  /// - Parameter lan: nil: of all.
  func ports(of lan: String?) -> [Port] { (snapshot?.ports ?? []).filter { lan == nil || $0.lan == lan } }

  var peers: [TrunkPeer] { (snapshot?.peers ?? []).filter { lan == nil || $0.lan == lan } }

  /// The port whose details are shown; nil: it is not there.
  var shownPort: Port? { detail.flatMap { name in snapshot?.ports.first { PortName($0) == name } } }

  /// What some ports count together; nil: not known of any.
  func total(of ports: [Port]) -> Rates? {
    let known = ports.compactMap { rates[$0.number] }
    if known.isEmpty { return nil }
    return known.reduce(into: Rates()) { $0 += $1 }
  }

  /// The index of the mark.
  func mark(in ports: [Port]) -> Int { ports.firstIndex { PortName($0) == chosen } ?? 0 }

  // MARK: Keys

  /// - Parameter page: how many rows a page of ports has.
  /// - Returns: whether to go on.
  package mutating func press(_ key: TopKey, page: Int = 10) -> Bool {
    switch key {
    case .character("q"), .character("Q"): return false
    case .escape: if detail != nil { detail = nil } else { lan = nil }
    case .enter: open()
    case .up, .character("k"): move(by: -1)
    case .down, .character("j"): move(by: 1)
    case .pageUp: move(by: 0 - page)
    case .pageDown: move(by: page)
    case .character(">"): order = neighbour(1)
    case .character("<"): order = neighbour(-1)
    case .character("r"): isReversed.toggle()
    case .character("l"): chooseNextLAN()
    case .character("p"): isPaused.toggle()
    case .character: break
    }
    return true
  }

  private mutating func move(by rows: Int) {
    let ports = ports
    guard detail == nil, !ports.isEmpty else { return }
    chosen = PortName(ports[min(max(mark(in: ports) + rows, 0), ports.count - 1)])
  }

  private mutating func open() {
    let ports = ports
    guard detail == nil, !ports.isEmpty else { return }
    let port = PortName(ports[mark(in: ports)])
    chosen = port
    detail = port
  }

  private func neighbour(_ step: Int) -> TopOrder {
    let all = TopOrder.allCases
    let index = all.firstIndex(of: order) ?? 0
    return all[(index + step + all.count) % all.count]
  }

  /// All, then each alone.
  private mutating func chooseNextLAN() {
    let names = (snapshot?.status.lans ?? []).map(\.name)
    detail = nil
    guard let lan, let index = names.firstIndex(of: lan) else {
      lan = names.first
      return
    }
    self.lan = index + 1 < names.count ? names[index + 1] : nil
  }
}
