/// An entry of a LAN's FDB.
package struct Station: Codable, Hashable, Sendable {
  /// Name of the LAN.
  package var lan: String
  /// IEEE 802.1Q VLAN identifier, 0: untagged.
  package var vlan: Int
  /// Hexadecimal with colons, lower case.
  package var mac: String
  /// The port's name.
  package var port: String
  /// Which of the trunk's far ends; 0: not told apart.
  package var remote: Int
  /// Since a frame of it was last seen.
  package var ageSeconds: Int
  /// Moves too often: only the port that has it longest may keep it.
  package var pinned: Bool

  package init(lan: String, vlan: Int, mac: String, port: String, remote: Int, ageSeconds: Int, pinned: Bool) {
    self.lan = lan
    self.vlan = vlan
    self.mac = mac
    self.port = port
    self.remote = remote
    self.ageSeconds = ageSeconds
    self.pinned = pinned
  }
}
