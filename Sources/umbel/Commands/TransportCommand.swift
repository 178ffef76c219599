import ArgumentParser

struct TransportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transport", abstract: "Show the transports.", subcommands: [TransportListCommand.self])
}
