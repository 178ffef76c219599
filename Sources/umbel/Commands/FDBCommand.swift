import AgentAPI
import ArgumentParser

struct FDBCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fdb", abstract: "Show the forwarding database: which stations are behind which port.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  @Argument(help: "The LAN; otherwise all.")
  var lan: String?

  func run() throws {
    let stations = try connection.open().stations(of: lan)
    try format.write(ListStations.Reply(stations: stations)) { Self.table(of: stations).rendered(coloured: $0) }
  }

  /// A row for each station.
  static func table(of stations: [Station]) -> Table {
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
