/// Has trunks say some hellos at short intervals, and search the width of their paths again. `ListPeers` has what comes
/// of it.
package enum MeasurePeers: AgentMethod {
  package static let name = MethodName.measurePeers
  package typealias Reply = Nothing

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
}
