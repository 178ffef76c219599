package import Ethernet

/// A learned station, as a listing shows it.
package struct FDBRecord: Equatable, Sendable {
  /// VLAN id, 0: untagged.
  package let vlan: UInt16
  package let address: MACAddress
  package let port: PortIndex
  package let remote: Remote
  /// Seconds since the station was last heard.
  package let ageSeconds: UInt32
  /// Whether it moved too often and stays at this port for a while.
  package let isPinned: Bool

  package init(
    vlan: UInt16, address: MACAddress, port: PortIndex, remote: Remote, ageSeconds: UInt32, isPinned: Bool
  ) {
    self.vlan = vlan
    self.address = address
    self.port = port
    self.remote = remote
    self.ageSeconds = ageSeconds
    self.isPinned = isPinned
  }
}
