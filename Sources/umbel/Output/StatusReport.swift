package import AgentAPI

/// The agent on one screen: a line about itself, then each LAN with its ports.
package struct StatusReport {
  let status: Status.Reply
  let ports: [Port]
  /// In place of totals, by port number; nil: totals.
  let rates: [Int: Rates]?

  package init(status: Status.Reply, ports: [Port], rates: [Int: Rates]? = nil) {
    self.status = status
    self.ports = ports
    self.rates = rates
  }

  /// The screen, each line ended by a newline.
  package func text(coloured: Bool) -> String {
    var text = "umbeld \(status.version), process \(status.processId), up \(uptime), in \(status.runtimeDirectory)\n"
    if !status.text.isEmpty { text += Cell(status.text).text + "\n" }
    for thread in status.forwardingThreads where !thread.responding {
      text += "Forwarding thread \(thread.index) does not answer; it runs \(thread.lans.joined(separator: ", ")).\n"
    }
    if status.lans.isEmpty { text += "\nNo LANs: add one with `umbel lan add NAME`.\n" }
    for lan in status.lans { text += "\n" + heading(of: lan) + table(of: lan, coloured: coloured) }
    return text
  }

  private var uptime: String { Units.duration(seconds: status.uptimeSeconds) }

  private func heading(of lan: Lan) -> String {
    let stations = "\(Units.grouped(lan.stations)) of \(Units.counted(lan.stationLimit, "station"))"
    let doors = lan.doors.isEmpty ? "no doors" : "doors " + lan.doors.map(heading).joined(separator: " ")
    let age = lan.fresh ? "" : " (figures are the last known)"
    return "LAN \(lan.name): \(Units.counted(lan.ports, "port")), \(stations), \(doors)\(age)\n"
  }

  /// A door by its name, and by its place where that is not the LAN's directory; `!` marks one that is not open.
  private func heading(of door: Door) -> String {
    let standard = status.runtimeDirectory + "/"
    let place = door.place.hasPrefix(standard) ? "" : "=\(door.place)"
    return door.name + place + (door.problem == nil ? "" : "!")
  }

  private func table(of lan: Lan, coloured: Bool) -> String {
    let ports = ports.filter { $0.lan == lan.name }
    if ports.isEmpty { return "" }
    let table = rates.map { Self.rateTable(ports, $0) } ?? Self.totalTable(ports)
    return table.rendered(indent: 2, coloured: coloured)
  }

  private static func totalTable(_ ports: [Port]) -> Table {
    var table = Table([
      ("PORT", .left), ("TRANSPORT", .left), ("ROLE", .left), ("STATIONS", .right), ("RX FRAMES", .right),
      ("TX FRAMES", .right), ("DROPS", .right), ("STATE", .left),
    ])
    for port in ports {
      table.add([
        Cell(port.name), Cell(port.transport), Cell(port.role.rawValue), Cell(port.stations),
        Cell(port.counters.receivedFrames), Cell(port.counters.sentFrames), Cell(port.dropped), port.stateCell,
      ])
    }
    return table
  }

  private static func rateTable(_ ports: [Port], _ rates: [Int: Rates]) -> Table {
    var table = Table([
      ("PORT", .left), ("ROLE", .left), ("RX/S", .right), ("TX/S", .right), ("RX BIT/S", .right),
      ("TX BIT/S", .right), ("DROPS/S", .right), ("QUEUED", .right), ("STATE", .left),
    ])
    for port in ports {
      let rate = rates[port.number]
      let figures = rate.map { [$0.receivedFrames, $0.sentFrames, $0.receivedBits, $0.sentBits, $0.dropped] }
      let cells = figures?.map { Cell(Units.rate($0)) } ?? ["-", "-", "-", "-", "-"]
      table.add(
        [Cell(port.name), Cell(port.role.rawValue)] + cells + [Cell(port.counters.queuedFrames), port.stateCell])
    }
    return table
  }
}
