import AgentAPI
import ArgumentParser

struct PortAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Make a port: join a LAN to a transport.",
    discussion: """
      It lasts until it is removed or the agent ends: a port that stays belongs in the configuration.
      `umbel transport list TRANSPORT` shows the options. A list is key=one,two or key=one key=two.

      Words of the User Mode Linux HOWTO name a transport with its options; what is left empty has its default:

        umbel port add lab mcast,<ethernet address>,<multicast address>,<multicast port>,<ttl>
        umbel port add lab tuntap,<tap device>,<ethernet address>,<host IP address>
      """)

  @OptionGroup var connection: Connection

  @Option(name: .long, help: "Its name; otherwise the agent finds one.")
  var name: String?

  @Option(name: .long, help: "What it is for; otherwise as is usual for the transport.")
  var role: Role?

  @Argument(help: "The LAN.")
  var lan: String

  @Argument(help: "The transport, or one of the HOWTO's words.")
  var transport: String

  @Argument(help: .init("Options of the transport.", valueName: "key=value"), transform: OptionArgument.parse)
  var options: [OptionArgument] = []

  func run() throws {
    let request = try PortRequest(transport, options)
    let client = try connection.open()
    let texts = OptionArgument.combined(request.options, lists: try lists(of: request, client))
    let parameters = AddPort.Parameters(lan: lan, name: name, transport: request.transport, role: role, options: texts)
    for note in request.notes { Output.complain(note) }
    let port = try client.call(AddPort.self, parameters).port
    try Output.write("Port \(port.name) of LAN \(port.lan) is \(port.stateCell.text).\n")
  }

  /// The options of the transport that are lists; asked for only where a comma makes it matter.
  private func lists(of request: PortRequest, _ client: AgentClient) throws -> Set<String> {
    guard request.options.contains(where: { $0.value.contains(",") }) else { return [] }
    let transports = try client.call(ListTransports.self, Nothing()).transports
    let known = transports.first { $0.name == request.transport }?.options ?? []
    return Set(known.filter { $0.type == .list }.map(\.name))
  }
}

extension Role: ExpressibleByArgument {}
