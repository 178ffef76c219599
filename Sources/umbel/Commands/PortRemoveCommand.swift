import AgentAPI
import ArgumentParser

struct PortRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "remove", abstract: "End a port.")

  @OptionGroup var connection: Connection

  @Argument(help: "The LAN.")
  var lan: String

  @Argument(help: "The port.")
  var port: String

  func run() throws {
    _ = try connection.open().call(RemovePort.self, .init(lan: lan, port: port))
  }
}
