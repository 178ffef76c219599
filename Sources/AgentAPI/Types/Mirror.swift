/// Which frames of a port are copied: what comes in by it, what goes out by it, or both.
package enum MirrorDirection: String, Codable, CaseIterable, Sendable {
  case `in`
  case out
  case both
}

/// A port that gets copies of others' frames, and takes nothing in.
package struct Mirror: Codable, Hashable, Sendable {
  /// Name of its LAN.
  package var lan: String
  /// Names of ports, with `*` for any characters.
  package var from: [String]
  /// Of the frames that are copied.
  package var direction: MirrorDirection
  /// Name of the port that gets the copies; unique in the LAN.
  package var to: String
  /// Names of the ports that are copied now.
  package var sources: [String]
  /// The configuration has it; false: it was made by AddMirror.
  package var configured: Bool
  /// What is missing; empty: nothing.
  package var text: String

  package init(
    lan: String, from: [String], direction: MirrorDirection, to: String, sources: [String], configured: Bool,
    text: String
  ) {
    self.lan = lan
    self.from = from
    self.direction = direction
    self.to = to
    self.sources = sources
    self.configured = configured
    self.text = text
  }
}
