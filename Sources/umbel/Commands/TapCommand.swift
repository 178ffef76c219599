import ArgumentParser

struct TapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tap", abstract: "Make, delete and list TAP devices of this host. Needs no agent.",
    subcommands: [TapCreateCommand.self, TapDeleteCommand.self, TapListCommand.self])
}
