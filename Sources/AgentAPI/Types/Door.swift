/// A way into a LAN: a socket.
package struct Door: Codable, Hashable, Sendable {
  /// As in a LAN's `doors`.
  package var name: String
  /// Absolute; what a guest is given. Nil: it listens at a TCP address.
  package var path: String?
  /// The TCP address with its port; nil: a path.
  package var listen: String?
  /// Why nobody can come in for now, and what to do; nil: it is open.
  package var problem: String?
  /// The transport's own, of a door whose clients share one socket: frames that belong to no port. Those at 0 are left
  /// out.
  package var transportCounters: [String: Int]

  package init(
    name: String, path: String? = nil, listen: String? = nil, problem: String? = nil,
    transportCounters: [String: Int] = [:]
  ) {
    self.name = name
    self.path = path
    self.listen = listen
    self.problem = problem
    self.transportCounters = transportCounters
  }

  /// Where it is: path or address.
  package var place: String { path ?? listen ?? "" }
}
