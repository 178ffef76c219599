/// The peers of the trunks of one LAN, or of all; with `more`, many come in several replies.
package enum ListPeers: AgentMethod {
  package static let name = MethodName.listPeers

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
    /// Sorted by LAN, trunk, and address or host.
    package var peers: [TrunkPeer]

    package init(peers: [TrunkPeer]) {
      self.peers = peers
    }
  }
}
