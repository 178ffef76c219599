/// All LANs.
package enum ListLans: AgentMethod {
  package static let name = MethodName.listLans
  package typealias Parameters = Nothing

  package struct Reply: Codable, Hashable, Sendable {
    /// Sorted by name.
    package var lans: [Lan]

    package init(lans: [Lan]) {
      self.lans = lans
    }
  }
}
