package import AgentAPI

extension Table {
  /// A row for each LAN, and one for each further door of it.
  package static func lans(_ lans: [Lan]) -> Table {
    var table = Table([
      ("LAN", .left), ("PORTS", .right), ("STATIONS", .right), ("LIMIT", .right), ("AGEING", .right),
      ("THREAD", .right), ("DOOR", .left),
      ("SOCKET", .left),
    ])
    for lan in lans {
      let door = lan.doors.first
      table.add([
        Cell(lan.name), Cell(lan.ports), Cell(lan.stations), Cell(lan.stationLimit),
        Cell(Units.duration(seconds: lan.ageingSeconds)), Cell(lan.forwardingThread), Cell(door?.name ?? "-"),
        door.map(place) ?? "",
      ])
      for door in lan.doors.dropFirst() { table.add(["", "", "", "", "", "", Cell(door.name), place(of: door)]) }
    }
    return table
  }

  private static func place(of door: Door) -> Cell {
    Cell(door.place + (door.problem.map { " (waiting: \($0))" } ?? ""))
  }
}
