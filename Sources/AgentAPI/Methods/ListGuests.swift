/// The guests that announced themselves, and the groups by which guests may be in a LAN without a port of their own.
package enum ListGuests: AgentMethod {
  package static let name = MethodName.listGuests
  package typealias Parameters = Nothing

  package struct Reply: Codable, Hashable, Sendable {
    /// Sorted by name.
    package var guests: [Guest]
    /// Sorted by LAN and port.
    package var groups: [Group]

    package init(guests: [Guest], groups: [Group]) {
      self.guests = guests
      self.groups = groups
    }
  }
}
