package import AgentAPI

/// The transports for people.
package struct TransportReport {
  let reply: ListTransports.Reply

  package init(reply: ListTransports.Reply) { self.reply = reply }

  /// The transport of that name.
  /// - Throws: why it is not there: never heard of, or not loaded.
  package func transport(_ name: String) throws(Failure) -> Transport {
    if let transport = reply.transports.first(where: { $0.name == name }) { return transport }
    if let refused = reply.refused.first(where: { $0.name == name }) {
      throw Failure(.noInput, "Transport \"\(name)\" was not loaded from \(refused.path): \(refused.problem)")
    }
    throw Failure(AgentError.noSuchTransport(name, existing: reply.transports.map(\.name) + reply.refused.map(\.name)))
  }

  /// A row for each transport, and for each that was refused why.
  package func text(coloured: Bool) -> String {
    var table = Table([("TRANSPORT", .left), ("ROLES", .left), ("DOORS", .left), ("SUMMARY", .left)])
    for transport in reply.transports {
      let doors = transport.doors.isEmpty ? "-" : transport.doors.joined(separator: " ")
      table.add([Cell(transport.name), Cell(roles(of: transport)), Cell(doors), Cell(transport.summary)])
    }
    var text = reply.transports.isEmpty ? "No transports are loaded.\n" : table.rendered(coloured: coloured)
    if reply.transports.contains(where: { $0.roles.count > 1 }) { text += "* unless a port names another\n" }
    for refused in reply.refused {
      text += "\nNot loaded: \(Cell(refused.name).text) (\(Cell(refused.path).text))\n  \(Cell(refused.problem).text)\n"
    }
    return text
  }

  /// What a transport is, and a row for each option of its ports.
  package func text(of transport: Transport, coloured: Bool) -> String {
    let heading = "\(transport.name): \(Cell(transport.summary).text)\n\(Cell(transport.path).text)\n\n"
    let own = transport.options.isEmpty ? "It has no options.\n" : table(transport.options).rendered(coloured: coloured)
    if transport.portOptions.isEmpty { return heading + own }
    return heading + own + "\nOf every port:\n\n" + table(transport.portOptions).rendered(coloured: coloured)
  }

  private func table(_ options: [TransportOption]) -> Table {
    var table = Table([
      ("OPTION", .left), ("TYPE", .left), ("DEFAULT", .left), ("ALLOWED", .left), ("CHANGES", .left),
      ("MEANING", .left),
    ])
    for option in options {
      table.add([
        Cell(option.name), Cell(option.type.rawValue), Cell(option.default ?? (option.required ? "required" : "-")),
        Cell(option.allowed), option.live ? "live" : "reopen", Cell(option.help),
      ])
    }
    return table
  }

  /// The roles; where there is a choice, a star at the usual one.
  private func roles(of transport: Transport) -> String {
    let hasChoice = transport.roles.count > 1
    return transport.roles
      .map { hasChoice && $0 == transport.defaultRole ? "\($0.rawValue)*" : $0.rawValue }
      .joined(separator: " ")
  }
}
