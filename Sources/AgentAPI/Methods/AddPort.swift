/// Makes a port.
package enum AddPort: AgentMethod {
  package static let name = MethodName.addPort

  package struct Parameters: MethodParameters {
    /// Name of the LAN.
    package var lan: String
    /// Nil: the agent finds one.
    package var name: String?
    /// Name of the plugin.
    package var transport: String
    /// Nil: the transport's default.
    package var role: Role?
    /// Several texts for options of type `list`.
    package var options: [String: [String]]?
    /// True: the port ends when the calling process does, whatever that has become by exec. Nil: it stays.
    package var endWithCaller: Bool?

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case lan, name, transport, role, options, endWithCaller
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(
      lan: String, name: String? = nil, transport: String, role: Role? = nil, options: [String: [String]]? = nil,
      endWithCaller: Bool? = nil
    ) {
      self.lan = lan
      self.name = name
      self.transport = transport
      self.role = role
      self.options = options
      self.endWithCaller = endWithCaller
    }
  }

  package struct Reply: Codable, Hashable, Sendable {
    /// The new port.
    package var port: Port

    package init(port: Port) {
      self.port = port
    }
  }
}
