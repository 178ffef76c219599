import AgentAPI
import ArgumentParser

struct LanRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "End a LAN with all its ports and doors.")

  @OptionGroup var connection: Connection

  @Argument(help: "The LAN.")
  var name: String

  func run() throws {
    _ = try connection.open().call(RemoveLan.self, .init(name: name))
  }
}
