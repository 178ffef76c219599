/// Which frames are captured: those of which all that is given holds.
package struct FrameFilter: Codable, Hashable, Sendable {
  /// Source or destination.
  package var mac: String?
  /// An IPv4 or IPv6 address: source or destination, or of what ARP asks and answers.
  package var host: String?
  /// Behind VLAN tags.
  package var etherType: Int?
  /// Of the outermost tag; 0: there is none.
  package var vlan: Int?

  package init(mac: String? = nil, host: String? = nil, etherType: Int? = nil, vlan: Int? = nil) {
    self.mac = mac
    self.host = host
    self.etherType = etherType
    self.vlan = vlan
  }
}
