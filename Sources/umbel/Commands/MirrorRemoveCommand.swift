import AgentAPI
import ArgumentParser

struct MirrorRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "End a mirror; its target is an ordinary port again.")

  @OptionGroup var connection: Connection

  @Argument(help: "The LAN.")
  var lan: String

  @Argument(help: .init("The port that gets the copies.", valueName: "port"))
  var to: String

  func run() throws {
    _ = try connection.open().call(RemoveMirror.self, .init(lan: lan, to: to))
  }
}
