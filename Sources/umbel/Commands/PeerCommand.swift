import ArgumentParser

struct PeerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peer", abstract: "List who is at the far ends of trunks.", subcommands: [PeerListCommand.self])
}
