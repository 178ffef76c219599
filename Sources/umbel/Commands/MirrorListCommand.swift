import AgentAPI
import ArgumentParser

struct MirrorListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the mirrors of a LAN, or of all, with the ports that are copied now.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  @Argument(help: "The LAN; otherwise all.")
  var lan: String?

  func run() throws {
    let reply = try connection.open().call(ListMirrors.self, .init(lan: lan))
    try format.write(reply) { Table.mirrors(reply.mirrors).rendered(coloured: $0) }
  }
}
