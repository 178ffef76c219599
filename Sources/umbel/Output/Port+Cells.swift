import AgentAPI

extension Port {
  /// All frames dropped, whatever the reason.
  var dropped: Int { drops.values.reduce(0, +) }

  /// The state, why, and when it is tried again.
  var stateCell: Cell {
    let look: Cell.Look =
      switch state {
      case .up: .good
      case .opening, .waiting, .closing: .warning
      case .failed: .bad
      }
    let retry = retryInSeconds.map { "next try in \(Units.duration(seconds: $0))" }
    let reasons = [text.isEmpty ? nil : text, retry].compactMap { $0 }.joined(separator: "; ")
    return Cell(reasons.isEmpty ? state.rawValue : "\(state.rawValue): \(reasons)", look)
  }
}
