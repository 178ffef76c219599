package import AgentAPI

extension Table {
  /// A row for each LAN, and one for each further door of it.
  package static func lans(_ lans: [Lan]) -> Table {
    // A column of its own where there is a flight recorder.
    let records = lans.contains { $0.recordBytes > 0 }
    var table = Table(
      [
        ("LAN", .left), ("PORTS", .right), ("STATIONS", .right), ("LIMIT", .right), ("AGEING", .right),
        ("THREAD", .right),
      ] + (records ? [("RECORD", .right)] : []) + [("DOOR", .left), ("SOCKET", .left)])
    for lan in lans {
      let door = lan.doors.first
      let record = lan.recordBytes > 0 ? Cell(Units.bytes(lan.recordBytes)) : "-"
      table.add(
        [
          Cell(lan.name), Cell(lan.ports), Cell(lan.stations), Cell(lan.stationLimit),
          Cell(Units.duration(seconds: lan.ageingSeconds)), Cell(lan.forwardingThread),
        ] + (records ? [record] : []) + [Cell(door?.name ?? "-"), door.map(place) ?? ""])
      let empty = [Cell](repeating: "", count: records ? 7 : 6)
      for door in lan.doors.dropFirst() { table.add(empty + [Cell(door.name), place(of: door)]) }
    }
    return table
  }

  private static func place(of door: Door) -> Cell {
    Cell(door.place + (door.problem.map { " (waiting: \($0))" } ?? ""))
  }
}
