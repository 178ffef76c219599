import ArgumentParser

struct LanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lan", abstract: "List, add and remove LANs.",
    subcommands: [LanListCommand.self, LanAddCommand.self, LanRemoveCommand.self])
}
