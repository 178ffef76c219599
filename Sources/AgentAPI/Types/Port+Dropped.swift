extension Port {
  /// Reasons for which a switch leaves frames where they are, as it should; they are no loss.
  package static let filtering: Set = ["same-segment", "split-horizon", "no-recipients", "mirror-port"]

  /// Frames lost: all that were dropped but those that a switch does not pass on anyway.
  package var dropped: Int { drops.filter { !Self.filtering.contains($0.key) }.values.reduce(0, +) }
}
