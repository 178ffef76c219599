/// What became of a LAN, of one of its doors or of one of its ports.
package struct Change: Codable, Hashable, Sendable {
  package var lan: String
  /// The door, as `umbel lan add --door` takes it; nil: not a door's change.
  package var door: String?
  /// The port's name; nil: not a port's change.
  package var port: String?
  package var kind: ChangeKind

  package init(lan: String, door: String? = nil, port: String? = nil, kind: ChangeKind) {
    self.lan = lan
    self.door = door
    self.port = port
    self.kind = kind
  }

  /// What it is about, for a person: `lab`, `lab/host` for a port, `lab door vde`.
  package var subject: String {
    if let port { return "\(lan)/\(port)" }
    return door.map { "\(lan) door \($0)" } ?? lan
  }
}
