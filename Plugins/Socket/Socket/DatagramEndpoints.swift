import LinuxIO
import Synchronization

/// The datagram doors of this process, by the names of their sockets: an adopted guest finds its door's by that.
enum DatagramEndpoints {
  private struct Entry: @unchecked Sendable {
    // Sendable: the control thread that an endpoint belongs to puts it here, gets it and removes it. Tests have several.
    unowned let endpoint: DatagramEndpoint
    let name: UnixAddress
  }

  private static let entries = Mutex<[Entry]>([])

  static func add(_ endpoint: DatagramEndpoint, name: UnixAddress) {
    let entry = Entry(endpoint: endpoint, name: name)
    entries.withLock { $0.append(entry) }
  }

  static func remove(_ endpoint: DatagramEndpoint) {
    let identity = ObjectIdentifier(endpoint)
    entries.withLock { $0.removeAll { ObjectIdentifier($0.endpoint) == identity } }
  }

  /// The youngest of that name: one that is being closed may still be there.
  static func endpoint(named name: UnixAddress) -> DatagramEndpoint? {
    entries.withLock { entries in entries.last { $0.name == name } }?.endpoint
  }
}
