import AgentAPI
import ArgumentParser

struct GuestListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the guests that run, their network devices and the LANs they are on.",
    discussion: """
      A guest is listed when its console answers, or does not answer although its process lives. A device's LAN is known \
      by the agent's ports, by the door it is connected to, or by its multicast group. Without an agent LANs are not known.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var places: GuestPlaces
  @OptionGroup var format: Format

  func run() throws {
    let view = try AgentView(connection)
    let guests = try places.finder(view).running
      .map { GuestReport($0, view: view) }
    try format.write(GuestList(guests: guests, agent: view.problem)) {
      GuestList(guests: guests, agent: view.problem).text(coloured: $0)
    }
  }
}
