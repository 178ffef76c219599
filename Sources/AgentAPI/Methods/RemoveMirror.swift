/// Ends a mirror; its target is an ordinary port again.
package enum RemoveMirror: AgentMethod {
  package static let name = MethodName.removeMirror

  package struct Parameters: MethodParameters {
    /// Name of the LAN.
    package var lan: String
    /// Name of the mirror's target.
    package var to: String

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case lan, to
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(lan: String, to: String) {
      self.lan = lan
      self.to = to
    }
  }

  package typealias Reply = Nothing
}
