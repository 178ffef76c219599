/// Makes a mirror.
package enum AddMirror: AgentMethod {
  package static let name = MethodName.addMirror

  package struct Parameters: MethodParameters {
    /// Name of the LAN.
    package var lan: String
    /// Names of ports, with `*` for any characters; at least one.
    package var from: [String]
    /// Nil: both.
    package var direction: MirrorDirection?
    /// Name of the port that gets the copies.
    package var to: String

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case lan, from, direction, to
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(lan: String, from: [String], direction: MirrorDirection? = nil, to: String) {
      self.lan = lan
      self.from = from
      self.direction = direction
      self.to = to
    }
  }

  package struct Reply: Codable, Hashable, Sendable {
    /// The new mirror.
    package var mirror: Mirror

    package init(mirror: Mirror) {
      self.mirror = mirror
    }
  }
}
