package import Ethernet
package import TransportHost

/// The datagrams by which trunks reach other hosts, to be looked up: a view of a ``UnderlayMemory``, or of nothing.
///
/// An open hash table that is at most half full. A flow with an address has two entries, one for its port and one for
/// later fragments, which have none; a flow to any address has one.
@safe
package struct UnderlayTable: BitwiseCopyable, Sendable {
  // Sendable: the memory is not written after it is made, and freed when no thread has it any more.

  fileprivate struct Entry: BitwiseCopyable {
    var high: UInt64
    var low: UInt64
    /// What it is about, and the UDP port in the lower 16 bits; 0: free.
    var key: UInt32
    /// Number of the trunk's port.
    var trunk: UInt32
  }

  private static let toPort: UInt32 = 1 << 16
  private static let laterFragment: UInt32 = 2 << 16
  private static let toAnyAddress: UInt32 = 3 << 16

  fileprivate nonisolated(unsafe) var entries: UnsafeMutablePointer<Entry>?
  private var mask = 0

  /// A table of nothing.
  package init() { unsafe entries = nil }

  fileprivate init(capacity: Int) {
    unsafe entries = .allocate(capacity: capacity)
    unsafe entries!.initialize(repeating: Entry(high: 0, low: 0, key: 0, trunk: 0), count: capacity)
    mask = capacity - 1
  }

  /// Whether there is anything in it.
  @inline(__always) var isUsed: Bool { unsafe entries != nil }

  /// The port number of a trunk to which a datagram with that destination belongs; nil: to none.
  package func trunk(for destination: DatagramDestination) -> UInt32? {
    let address = destination.address
    guard let port = destination.port else { return find(address.high, address.low, Self.laterFragment) }
    return find(address.high, address.low, Self.toPort | UInt32(port)) ?? find(0, 0, Self.toAnyAddress | UInt32(port))
  }

  fileprivate func add(_ flow: UnderlayFlow, trunk: UInt32) {
    let port = UInt32(flow.port)
    guard let address = InternetAddress(flow.address) else { return add(0, 0, Self.toAnyAddress | port, trunk) }
    add(address.high, address.low, Self.toPort | port, trunk)
    add(address.high, address.low, Self.laterFragment, trunk)
  }

  /// The first trunk of a flow keeps it.
  private func add(_ high: UInt64, _ low: UInt64, _ key: UInt32, _ trunk: UInt32) {
    let place = unsafe slot(high, low, key)
    if unsafe place.pointee.key == 0 { unsafe place.pointee = Entry(high: high, low: low, key: key, trunk: trunk) }
  }

  private func find(_ high: UInt64, _ low: UInt64, _ key: UInt32) -> UInt32? {
    guard isUsed else { return nil }
    let place = unsafe slot(high, low, key)
    return unsafe place.pointee.key == 0 ? nil : place.pointee.trunk
  }

  /// The entry with that key, or the free one where it would be. There is a free one: half of them are.
  private func slot(_ high: UInt64, _ low: UInt64, _ key: UInt32) -> UnsafeMutablePointer<Entry> {
    var hash = (high ^ low.byteSwapped) &* 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ (hash >> 32) ^ UInt64(key)) &* 0x9e37_79b9_7f4a_7c15
    var index = Int(truncatingIfNeeded: hash >> 32) & mask
    while true {
      let place = unsafe entries! + index
      let entry = unsafe place.pointee
      if entry.key == 0 || (entry.key == key && entry.low == low && entry.high == high) { return unsafe place }
      index = (index + 1) & mask
    }
  }
}

/// The memory of a table. It must outlive the use of its view.
@safe
package final class UnderlayMemory {
  /// Of no flows: ``UnderlayTable/isUsed`` is false.
  package let table: UnderlayTable

  /// - Parameter flows: the flows of each trunk, by the number of its port.
  package init(_ flows: [(trunk: UInt32, flow: UnderlayFlow)]) {
    guard !flows.isEmpty else {
      table = UnderlayTable()
      return
    }
    var capacity = 4
    while capacity < 4 * flows.count { capacity *= 2 }
    table = UnderlayTable(capacity: capacity)
    for (trunk, flow) in flows { table.add(flow, trunk: trunk) }
  }

  deinit { unsafe table.entries?.deallocate() }
}
