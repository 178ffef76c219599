/// What `guest list` prints.
package struct GuestList: Encodable {
  package let guests: [GuestReport]
  /// Why LANs are not known; nil: an agent has answered.
  package let agent: String?

  package init(guests: [GuestReport], agent: String?) {
    self.guests = guests
    self.agent = agent
  }

  private enum CodingKeys: String, CodingKey {
    case guests
    case agent = "noAgent"
  }

  /// A row for each guest, and one for each further device of it.
  package func text(coloured: Bool) -> String {
    let note = agent.map { "LANs are not known: \(Cell($0).text)\n" } ?? ""
    if guests.isEmpty { return "No guests.\n" + note }
    var table = Table([
      ("UMID", .left), ("PID", .right), ("KERNEL", .left), ("UP", .right), ("DEVICE", .left), ("LAN", .left),
      ("PORT", .left), ("STATE", .left),
    ])
    for guest in guests {
      let head = [
        Cell(guest.umid), Cell("\(guest.processId)"), Cell(guest.kernel ?? "?"),
        Cell(guest.uptimeSeconds.map { Units.duration(seconds: $0) } ?? "?"),
      ]
      let rows = guest.devices.isEmpty ? [["-", "", ""]] : guest.devices.map(cells)
      for (index, row) in rows.enumerated() {
        let isFirst = index == 0
        let device = guest.devices.indices.contains(index) ? guest.devices[index] : nil
        table.add((isFirst ? head : ["", "", "", ""]) + row + [state(of: guest, device, isFirst: isFirst)])
      }
    }
    return table.rendered(coloured: coloured) + note
  }

  private func cells(of device: GuestReport.Device) -> [Cell] {
    [
      Cell(device.name.isEmpty ? "?" : device.name), Cell(device.lan ?? (agent == nil ? "-" : "?")),
      Cell(device.port ?? "-"),
    ]
  }

  private func state(of guest: GuestReport, _ device: GuestReport.Device?, isFirst: Bool) -> Cell {
    if isFirst {
      if !guest.trouble.isEmpty { return Cell(guest.trouble, .bad) }
      switch guest.console {
      case .silent: return Cell("does not answer", .warning)
      case .closed: return Cell("closed to you: use sudo", .warning)
      case .answers: break
      }
    }
    guard let isUp = device?.isUp else { return "" }
    return isUp ? Cell("up", .good) : Cell("down", .plain)
  }
}
