/// Ends a LAN with all its ports and doors.
package enum RemoveLan: AgentMethod {
  package static let name = MethodName.removeLan

  package struct Parameters: MethodParameters {
    /// Of the LAN.
    package var name: String

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case name
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(name: String) {
      self.name = name
    }
  }

  package typealias Reply = Nothing
}
