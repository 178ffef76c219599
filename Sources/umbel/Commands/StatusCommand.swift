import AgentAPI
import ArgumentParser

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show the agent, its LANs and their ports.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  func run() throws {
    let client = try connection.open()
    let status = try client.call(Status.self, Nothing())
    let ports = try client.ports(of: nil)
    try format.write(StatusDocument(status: status, ports: ports)) {
      StatusReport(status: status, ports: ports).text(coloured: $0)
    }
  }
}

/// What `status --json` prints: the replies of Status and ListPorts.
private struct StatusDocument: Encodable {
  let status: Status.Reply
  let ports: [Port]
}
