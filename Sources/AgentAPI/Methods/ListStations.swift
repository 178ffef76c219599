/// The FDB of one LAN, or of all; with `more`, many come in several replies.
package enum ListStations: AgentMethod {
  package static let name = MethodName.listStations

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
    /// In no order.
    package var stations: [Station]

    package init(stations: [Station]) {
      self.stations = stations
    }
  }
}
