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
    try format.write(ListStations.Reply(stations: stations)) { Table.stations(stations).rendered(coloured: $0) }
  }
}
