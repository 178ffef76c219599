import AgentAPI
import ArgumentParser

struct TransportListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the transports, or the options of one.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  @Argument(help: "The transport whose options are shown.")
  var name: String?

  func run() throws {
    let report = TransportReport(reply: try connection.open().call(ListTransports.self, Nothing()))
    if let name {
      let transport = try report.transport(name)
      try format.write(transport) { report.text(of: transport, coloured: $0) }
    } else {
      try format.write(report.reply) { report.text(coloured: $0) }
    }
  }
}
