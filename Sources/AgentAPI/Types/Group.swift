/// A multicast group that guests use without the agent, and the port by which they are in a LAN.
package struct Group: Codable, Hashable, Sendable {
  /// Name of the LAN.
  package var lan: String
  /// Name of the port.
  package var port: String
  /// Of the group, IPv4 or IPv6.
  package var address: String
  /// Of the group's datagrams.
  package var udpPort: Int
  /// With which the agent sends them.
  package var ttl: Int

  package init(lan: String, port: String, address: String, udpPort: Int, ttl: Int) {
    self.lan = lan
    self.port = port
    self.address = address
    self.udpPort = udpPort
    self.ttl = ttl
  }
}
