/// A port whose frames may be in a ring.
package struct CapturePort: Codable, Hashable, Sendable {
  /// By which records name it.
  package var number: Int
  /// Unique among the ports of the LAN that are there.
  package var name: String
  /// "ended": the port is not there any more.
  package var transport: String

  package init(number: Int, name: String, transport: String) {
    self.number = number
    self.name = name
    self.transport = transport
  }
}
