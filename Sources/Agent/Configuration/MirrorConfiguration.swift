package import AgentAPI

/// A mirror of a LAN: a port that gets copies of others' frames.
package struct MirrorConfiguration: Hashable, Sendable {
  /// The most mirrors in one LAN: so many copies there are of a frame at most, in one direction.
  static let most = unsafe MirrorTargets.capacity
  /// The most sources that can be asked for in one.
  static let mostSources = 64
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
  func copies(_ name: String) -> Bool { sources.contains { Self.matches(Array(name.utf8), Array($0.utf8)) } }

  /// Why `text` cannot be a source, to be read after it; nil: it can.
  static func problem(ofSource text: String) -> String? {
    // A star may stand for a letter.
    if ConfigurationName.problem(ofPort: String(text.map { $0 == "*" ? "a" : $0 })) == nil { return nil }
    return "is not the name of a port; give one, with * for any characters, such as web*"
  }

  /// Only the last star is ever tried again, so that no pattern takes long.
  private static func matches(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
    let any = UInt8(ascii: "*")
    var (place, wanted) = (0, 0)
    // What is behind the last star, and where that is tried.
    var star: (wanted: Int, place: Int)?
    while place < name.count {
      if wanted < pattern.count, pattern[wanted] == any {
        wanted += 1
        star = (wanted, place)
      } else if wanted < pattern.count, pattern[wanted] == name[place] {
        (place, wanted) = (place + 1, wanted + 1)
      } else if let last = star {
        star = (last.wanted, last.place + 1)
        (place, wanted) = (last.place + 1, last.wanted)
      } else {
        return false
      }
    }
    return pattern[wanted...].allSatisfy { $0 == any }
  }
}
