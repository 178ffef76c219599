import AgentAPI

/// By what ports are sorted: a column each.
package enum TopOrder: String, CaseIterable {
  case port = "PORT"
  case lan = "LAN"
  case state = "STATE"
  case receivedFrames = "RX/S"
  case sentFrames = "TX/S"
  case receivedBits = "RX BIT/S"
  case sentBits = "TX BIT/S"
  case drops = "DROPS/S"
  case queue = "QUEUE"

  /// What a column shows as a number; nil: a word.
  func figure(of port: Port, _ rates: Rates?) -> Double? {
    switch self {
    case .port, .lan, .state: nil
    case .receivedFrames: rates?.receivedFrames ?? 0
    case .sentFrames: rates?.sentFrames ?? 0
    case .receivedBits: rates?.receivedBits ?? 0
    case .sentBits: rates?.sentBits ?? 0
    case .drops: rates?.dropped ?? 0
    case .queue: Double(port.counters.queuedFrames)
    }
  }

  /// Numbers from the largest, words by the alphabet; what is the same, by LAN and number, either way.
  func sorted(_ ports: [Port], _ rates: [Int: Rates], isReversed: Bool) -> [Port] {
    let keyed = ports.map { port in (port: port, figure: figure(of: port, rates[port.number])) }
    return keyed.sorted { one, other in
      switch comparison(one, other) {
      case let order where order < 0: !isReversed
      case let order where order > 0: isReversed
      default: (one.port.lan, one.port.number) < (other.port.lan, other.port.number)
      }
    }.map(\.port)
  }

  private func comparison(_ one: (port: Port, figure: Double?), _ other: (port: Port, figure: Double?)) -> Int {
    if let first = one.figure, let second = other.figure { return first == second ? 0 : first > second ? -1 : 1 }
    let (first, second) = (word(of: one.port), word(of: other.port))
    return first == second ? 0 : first < second ? -1 : 1
  }

  private func word(of port: Port) -> String {
    switch self {
    case .lan: port.lan
    case .state: port.state.rawValue
    default: port.name
    }
  }
}
