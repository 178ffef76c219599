import TransportHost

/// What decides which forwarding thread runs a LAN. LANs whose ports share a socket are run by one thread.
package struct LANPlacement: Hashable, Sendable {
  /// Those that other LANs' ports may share.
  private(set) var sockets: Set<String> = []
  /// Where the LAN has to be; nil: anywhere.
  private(set) var thread: Int?

  init(sockets: Set<String> = [], thread: Int? = nil) {
    self.sockets = sockets
    self.thread = thread
  }

  init(_ lan: LanConfiguration, transports: [TransportDescription]) {
    let sockets = lan.ports.compactMap { port in
      transports.first { $0.name == port.transport }?.sharedSocket(of: port.values)
    }
    self.init(sockets: Set(sockets), thread: lan.thread)
  }

  /// Adds what else is known of the LAN; it is where the newer says.
  mutating func join(_ newer: LANPlacement) {
    sockets.formUnion(newer.sockets)
    thread = newer.thread ?? thread
  }

  /// The LANs that one thread has to run together with one of them: those that share a socket with it, those that share one
  /// with these, and so on.
  /// - Parameter all: by name.
  /// - Returns: names in their order, without that LAN's own.
  static func companions(of name: String, in all: [String: LANPlacement]) -> [String] {
    var sockets = all[name]?.sockets ?? []
    var found: Set = [name]
    while let next = all.first(where: { !found.contains($0.key) && !$0.value.sockets.isDisjoint(with: sockets) }) {
      found.insert(next.key)
      sockets.formUnion(next.value.sockets)
    }
    return found.subtracting([name]).sorted()
  }
}
