package import AgentAPI

extension Table {
  /// A row for each station.
  package static func stations(_ stations: [Station]) -> Table {
    var table = Table([
      ("LAN", .left), ("VLAN", .right), ("MAC", .left), ("PORT", .left), ("REMOTE", .right), ("AGE", .right),
      ("NOTE", .left),
    ])
    for station in stations {
      table.add([
        Cell(station.lan), station.vlan == 0 ? "-" : Cell("\(station.vlan)"), Cell(station.mac), Cell(station.port),
        station.remote == 0 ? "-" : Cell("\(station.remote)"), Cell(Units.duration(seconds: station.ageSeconds)),
        station.pinned ? Cell("pinned: moves too often", .warning) : "",
      ])
    }
    return table
  }
}
