import AgentAPI

extension Port {
  /// Reasons for which a switch leaves frames where they are, as it should; they are no loss.
  static let filtering: Set = ["same-segment", "split-horizon", "no-recipients", "mirror-port"]

  /// Frames lost: all that were dropped but those that a switch does not pass on anyway.
  var dropped: Int { drops.filter { !Self.filtering.contains($0.key) }.values.reduce(0, +) }

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
