/// The ports of one LAN, or of all; with `more`, many come in several replies.
package enum ListPorts: AgentMethod {
  package static let name = MethodName.listPorts

  package struct Parameters: MethodParameters {
    /// Nil: of all LANs.
    package var lan: String?

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case lan
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(lan: String? = nil) {
      self.lan = lan
    }
  }

  package struct Reply: Codable, Hashable, Sendable {
    /// Sorted by LAN and number.
    package var ports: [Port]

    package init(ports: [Port]) {
      self.ports = ports
    }
  }
}
