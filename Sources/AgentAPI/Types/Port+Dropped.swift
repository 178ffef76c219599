extension Port {
  /// Reasons for which any switch leaves frames where they are; they are no loss.
  private static let filtering: Set = ["same-segment", "split-horizon", "no-recipients"]

  /// Frames lost: all that were dropped but those that a switch does not pass on anyway.
  package var dropped: Int { drops.filter { !Self.filtering.contains($0.key) }.values.reduce(0, +) }
}
