/// Ends a port.
package enum RemovePort: AgentMethod {
  package static let name = MethodName.removePort

  package struct Parameters: MethodParameters {
    /// Name of the LAN.
    package var lan: String
    /// Name of the port.
    package var port: String

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case lan, port
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(lan: String, port: String) {
      self.lan = lan
      self.port = port
    }
  }

  package typealias Reply = Nothing
}
