package import AgentAPI

extension Table {
  /// A row for each LAN, and one for each further door of it.
  package static func lans(_ lans: [Lan]) -> Table {
    var table = Table([
      ("LAN", .left), ("PORTS", .right), ("STATIONS", .right), ("LIMIT", .right), ("AGEING", .right), ("DOOR", .left),
      ("SOCKET", .left),
    ])
    for lan in lans {
      let door = lan.doors.first
      table.add([
        Cell(lan.name), Cell(lan.ports), Cell(lan.stations), Cell(lan.stationLimit),
        Cell(Units.duration(seconds: lan.ageingSeconds)), Cell(door?.name ?? "-"), Cell(door?.path ?? ""),
      ])
      for door in lan.doors.dropFirst() { table.add(["", "", "", "", "", Cell(door.name), Cell(door.path)]) }
    }
    return table
  }
}
