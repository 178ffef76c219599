import AgentAPI
import ArgumentParser

struct PortListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the ports of a LAN, or of all, with what they have counted.",
    discussion: "WHOLE is the largest frame, in bytes, that the port's underlay carries unfragmented.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  @Flag(name: .long, help: "Add why frames were dropped, and what the transports count.")
  var counters = false

  @Argument(help: "The LAN.")
  var lan: String?

  func run() throws {
    let ports = try connection.open().ports(of: lan)
    try format.write(ListPorts.Reply(ports: ports)) {
      Table.ports(ports).rendered(coloured: $0)
        + (counters ? "\n" + Table.counters(of: ports).rendered(coloured: $0) : "")
    }
  }
}
