import ArgumentParser

struct PortCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "port", abstract: "List, add and remove ports.",
    subcommands: [PortListCommand.self, PortAddCommand.self, PortRemoveCommand.self])
}
