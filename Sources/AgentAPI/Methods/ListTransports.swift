/// The plugins.
package enum ListTransports: AgentMethod {
  package static let name = MethodName.listTransports
  package typealias Parameters = Nothing

  package struct Reply: Codable, Hashable, Sendable {
    /// Sorted by name.
    package var transports: [Transport]
    /// Sorted by name.
    package var refused: [RefusedTransport]

    package init(transports: [Transport], refused: [RefusedTransport]) {
      self.transports = transports
      self.refused = refused
    }
  }
}
