package import Ethernet

/// A station of an FDB on its way to the next process.
package struct KeptStation: Equatable, Sendable {
  /// VLAN id, 0: untagged.
  package let vlan: UInt16
  package let address: MACAddress
  /// Number of its port, in the process that it is given to.
  package let port: UInt32
  /// Since it was last heard.
  package let ageSeconds: UInt32

  package init(vlan: UInt16, address: MACAddress, port: UInt32, ageSeconds: UInt32) {
    self.vlan = vlan
    self.address = address
    self.port = port
    self.ageSeconds = ageSeconds
  }
}
