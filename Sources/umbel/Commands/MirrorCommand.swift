import ArgumentParser

struct MirrorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mirror", abstract: "List, add and remove mirrors: ports that get copies of others' frames.",
    subcommands: [MirrorListCommand.self, MirrorAddCommand.self, MirrorRemoveCommand.self])
}
