/// The mirrors of one LAN, or of all.
package enum ListMirrors: AgentMethod {
  package static let name = MethodName.listMirrors

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
    /// Sorted by LAN and target.
    package var mirrors: [Mirror]

    package init(mirrors: [Mirror]) {
      self.mirrors = mirrors
    }
  }
}
