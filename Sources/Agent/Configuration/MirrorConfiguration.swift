package import AgentAPI

/// A mirror of a LAN: a port that gets copies of others' frames.
package struct MirrorConfiguration: Hashable, Sendable {
  /// The most mirrors in one LAN: so many copies there are of a frame at most, in one direction.
  static let most = unsafe MirrorTargets.capacity
  static let keys = ["from", "direction", "to"]

  /// Names of ports, with `*` for any characters. Those that are not there yet are copied when they come.
  package let sources: [String]
  package let direction: MirrorDirection
  /// The name of the port that gets the copies; no other mirror of the LAN has it.
  package let target: String

  package init(sources: [String], direction: MirrorDirection = .both, target: String) {
    self.sources = sources
    self.direction = direction
    self.target = target
  }

  /// Whether frames of a port of this name are copied.
  func copies(_ name: String) -> Bool { sources.contains { Self.matches(name.utf8[...], $0.utf8[...]) } }

  /// Why `text` cannot be a source, to be read after it; nil: it can.
  static func problem(ofSource text: String) -> String? {
    // A star may stand for a letter.
    if ConfigurationName.problem(ofPort: String(text.map { $0 == "*" ? "a" : $0 })) == nil { return nil }
    return "is not the name of a port; give one, with * for any characters, such as web*"
  }

  private static func matches(_ name: Substring.UTF8View, _ pattern: Substring.UTF8View) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == UInt8(ascii: "*") {
      return matches(name, pattern.dropFirst()) || (!name.isEmpty && matches(name.dropFirst(), pattern))
    }
    return name.first == first && matches(name.dropFirst(), pattern.dropFirst())
  }
}
