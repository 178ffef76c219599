import AgentAPI
import ArgumentParser

struct LanListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the LANs and the sockets of their doors.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  func run() throws {
    let reply = try connection.open().call(ListLans.self, Nothing())
    try format.write(reply) { Self.table(of: reply.lans).rendered(coloured: $0) }
  }

  /// A row for each LAN, and one for each further door of it.
  static func table(of lans: [Lan]) -> Table {
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
