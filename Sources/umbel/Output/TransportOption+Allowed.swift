import AgentAPI

extension TransportOption {
  /// What the option takes beyond its type: its words, or its limits in the units of its type.
  var allowed: String {
    if !choices.isEmpty { return choices.joined(separator: "|") }
    guard let minimum, let maximum else { return "-" }
    return "\(text(of: minimum)) to \(text(of: maximum))"
  }

  private func text(of limit: Int) -> String {
    switch type {
    case .duration: Units.duration(nanoseconds: limit)
    case .size: Units.bytes(limit)
    default: "\(limit)"
    }
  }
}
