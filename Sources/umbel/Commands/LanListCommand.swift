import AgentAPI
import ArgumentParser

struct LanListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the LANs and where their doors are.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  func run() throws {
    let reply = try connection.open().call(ListLans.self, Nothing())
    try format.write(reply) { Table.lans(reply.lans).rendered(coloured: $0) }
  }
}
