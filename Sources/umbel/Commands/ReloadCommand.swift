import AgentAPI
import ArgumentParser

struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Read the configuration again and apply what has changed.",
    discussion: """
      Returns when it is in force. One that is wrong is refused as a whole, with exit status 78; the one before it stays.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  func run() throws {
    // Many ports may have to end and to be opened first.
    let reply = try connection.open(timeoutSeconds: 60).call(Reload.self, Nothing())
    try format.write(reply) { _ in ReloadReport(reply).text }
  }
}
