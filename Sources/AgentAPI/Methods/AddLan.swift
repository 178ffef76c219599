/// Makes a LAN.
package enum AddLan: AgentMethod {
  package static let name = MethodName.addLan

  package struct Parameters: MethodParameters {
    /// Of the new LAN.
    package var name: String
    /// Nil: all that the transports serve, each at its own place.
    package var doors: [DoorPlace]?
    /// As in the configuration; several texts for options that are lists.
    package var options: [String: [String]]?

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case name, doors, options
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(name: String, doors: [DoorPlace]? = nil, options: [String: [String]]? = nil) {
      self.name = name
      self.doors = doors
      self.options = options
    }
  }

  package struct Reply: Codable, Hashable, Sendable {
    /// The new LAN.
    package var lan: Lan

    package init(lan: Lan) {
      self.lan = lan
    }
  }
}
