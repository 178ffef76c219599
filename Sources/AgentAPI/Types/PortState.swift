/// Where a port is in its life: opening -> waiting <-> up -> failed | closing. A waiting port may come up by itself, a
/// failed one does not.
package enum PortState: String, Codable, CaseIterable, Sendable {
  case opening
  case waiting
  case up
  case failed
  case closing
}
