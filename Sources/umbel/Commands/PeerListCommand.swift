import AgentAPI
import ArgumentParser

struct PeerListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the peers of a LAN's trunks, or of all, and how well they are heard.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  @Argument(help: "The LAN; otherwise all.")
  var lan: String?

  func run() throws {
    let peers = try connection.open().peers(of: lan)
    try format.write(ListPeers.Reply(peers: peers)) { Table.peers(peers).rendered(coloured: $0) }
  }
}
