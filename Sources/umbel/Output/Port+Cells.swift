import AgentAPI

extension Port {
  /// The state, why, and when it is tried again.
  var stateCell: Cell {
    let look: Cell.Look =
      switch state {
      case .up: .good
      case .opening, .waiting, .closing: .warning
      case .failed: .bad
      }
    let retry = retryInSeconds.map { $0 == 0 ? "next try now" : "next try in \(Units.duration(seconds: $0))" }
    let mirror = mirrorOf.map { "mirror of \($0.joined(separator: ", "))" }
    let reasons = [mirror, text.isEmpty ? nil : text, retry].compactMap { $0 }.joined(separator: "; ")
    return Cell(reasons.isEmpty ? state.rawValue : "\(state.rawValue): \(reasons)", look)
  }
}
