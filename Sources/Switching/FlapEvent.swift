package import Ethernet

/// A station was seen at two ports in turn too often: two machines with one address, a loop, or a forgery.
package struct FlapEvent: Equatable, Sendable {
  /// VLAN id, 0: untagged.
  package let vlan: UInt16
  package let address: MACAddress
  /// The port that keeps the station: where it was before it began to move.
  package let keptPort: PortIndex
  /// The other port, which does not learn the station for ``SwitchConfiguration/pinSeconds``.
  package let refusedPort: PortIndex
  /// How many stations were pinned since the last event and are not reported.
  package let suppressed: UInt32
}

/// The one place for an event that waits for the agent. While it waits, and until ``quietSeconds`` after it was made,
/// further pins are only counted.
struct FlapReport {
  private var pending: FlapEvent?
  private var suppressed: UInt32 = 0
  private var quietUntil: UInt32?

  static let quietSeconds: UInt32 = 10

  mutating func record(vlan: UInt16, address: MACAddress, kept: PortIndex, refused: PortIndex, now: UInt32) {
    let isQuiet = quietUntil.map { Int32(bitPattern: now &- $0) < 0 } ?? false
    guard pending == nil, !isQuiet else {
      suppressed &+= 1
      return
    }
    pending = FlapEvent(vlan: vlan, address: address, keptPort: kept, refusedPort: refused, suppressed: suppressed)
    suppressed = 0
    quietUntil = now &+ FlapReport.quietSeconds
  }

  mutating func take() -> FlapEvent? {
    defer { pending = nil }
    return pending
  }
}
