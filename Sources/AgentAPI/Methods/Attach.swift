/// Makes a guest port over a pair of sockets and hands out one end.
package enum Attach: AgentMethod {
  package static let name = MethodName.attach

  package struct Parameters: MethodParameters {
    /// Name of the LAN.
    package var lan: String
    /// Nil: the agent finds one.
    package var name: String?
    /// Of the socket.
    package var kind: AttachKind
    /// The port ends at the latest when the calling process does, whatever that has become by exec.
    package var endWithCaller: Bool

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case lan, name, kind, endWithCaller
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(lan: String, name: String? = nil, kind: AttachKind, endWithCaller: Bool) {
      self.lan = lan
      self.name = name
      self.kind = kind
      self.endWithCaller = endWithCaller
    }
  }

  package struct Reply: Codable, Hashable, Sendable {
    /// The new port.
    package var port: Port
    /// Index among the descriptors of the message.
    package var descriptor: Int

    package init(port: Port, descriptor: Int) {
      self.port = port
      self.descriptor = descriptor
    }
  }
}
