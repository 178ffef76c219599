import AgentAPI
import ArgumentParser

struct TransportListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the transports, or the options of one.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  @Argument(help: "The transport whose options are shown.")
  var name: String?

  func run() throws {
    let reply = try connection.open().call(ListTransports.self, Nothing())
    guard let name else {
      return try format.write(reply) { Self.text(of: reply, coloured: $0) }
    }
    guard let transport = reply.transports.first(where: { $0.name == name }) else {
      throw Self.missing(name, in: reply)
    }
    try format.write(transport) { Self.text(of: transport, coloured: $0) }
  }

  /// A row for each transport, and for each that was refused why.
  static func text(of reply: ListTransports.Reply, coloured: Bool) -> String {
    var table = Table([("TRANSPORT", .left), ("ROLES", .left), ("DOORS", .left), ("SUMMARY", .left)])
    for transport in reply.transports {
      let roles = transport.roles.map { $0 == transport.defaultRole && transport.roles.count > 1 ? "\($0)*" : "\($0)" }
      table.add([
        Cell(transport.name), Cell(roles.joined(separator: " ")), Cell(orDash(transport.doors)), Cell(transport.summary),
      ])
    }
    var text = table.rendered(coloured: coloured)
    if reply.transports.contains(where: { $0.roles.count > 1 }) { text += "* unless a port names another\n" }
    for refused in reply.refused {
      text += "\nNot loaded: \(Cell(refused.name).text) (\(Cell(refused.path).text))\n  \(Cell(refused.problem).text)\n"
    }
    return text
  }

  /// What a transport is, and a row for each of its options.
  static func text(of transport: Transport, coloured: Bool) -> String {
    var table = Table([
      ("OPTION", .left), ("TYPE", .left), ("DEFAULT", .left), ("ALLOWED", .left), ("CHANGES", .left), ("MEANING", .left),
    ])
    for option in transport.options {
      table.add([
        Cell(option.name), Cell(option.type.rawValue),
        Cell(option.default ?? (option.required ? "required" : "-")), Cell(option.allowed),
        option.live ? "live" : "reopen", Cell(option.help),
      ])
    }
    let heading = "\(transport.name): \(Cell(transport.summary).text)\n\(transport.path)\n"
    return heading + (transport.options.isEmpty ? "\nIt has no options.\n" : "\n" + table.rendered(coloured: coloured))
  }

  private static func missing(_ name: String, in reply: ListTransports.Reply) -> Failure {
    if let refused = reply.refused.first(where: { $0.name == name }) {
      return Failure(.noInput, "Transport \"\(name)\" was not loaded from \(refused.path): \(refused.problem)")
    }
    return Failure(AgentError.noSuchTransport(name, existing: reply.transports.map(\.name)))
  }

  private static func orDash(_ names: [String]) -> String { names.isEmpty ? "-" : names.joined(separator: " ") }
}
