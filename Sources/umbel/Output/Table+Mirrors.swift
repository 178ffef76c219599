package import AgentAPI

extension Table {
  /// A row for each mirror.
  package static func mirrors(_ mirrors: [Mirror]) -> Table {
    var table = Table([
      ("LAN", .left), ("TO", .left), ("DIRECTION", .left), ("FROM", .left), ("COPIED NOW", .left), ("MADE BY", .left),
      ("NOTE", .left),
    ])
    for mirror in mirrors {
      table.add([
        Cell(mirror.lan), Cell(mirror.to), Cell(mirror.direction.rawValue), Cell(mirror.from.joined(separator: ", ")),
        Cell(mirror.sources.isEmpty ? "-" : mirror.sources.joined(separator: ", ")),
        mirror.configured ? "configuration" : "hand", Cell(mirror.text, .warning),
      ])
    }
    return table
  }
}
