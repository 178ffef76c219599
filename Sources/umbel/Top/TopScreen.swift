import AgentAPI

/// The screen of `umbel top`: what it shows, on so many columns and rows. A function of its values alone.
///
///   title
///   why there is nothing newer, where that is so
///   LANs                    at most a sixth of the rows
///   drops by reason, where there are some
///   ports, or one of them
///   peers                   at most a sixth of the rows
///   keys
package struct TopScreen {
  let model: TopModel
  let columns: Int
  let rows: Int
  /// The locale has UTF-8.
  let isUnicode: Bool

  /// - Parameter rows: `Int.max`: as many as there is something to show, without the line of keys.
  package init(_ model: TopModel, columns: Int, rows: Int, isUnicode: Bool) {
    self.model = model
    self.columns = max(columns, 1)
    self.rows = max(rows, 1)
    self.isUnicode = isUnicode
  }

  private var isEndless: Bool { rows == .max }
  var cut: Character { isUnicode ? "…" : "~" }

  /// Rows that a page of ports has, about.
  package var page: Int { max(rows - 8, 1) }

  /// The lines, from the top; no more than there are rows, and none longer than there are columns.
  package var lines: [ScreenLine] {
    let glyphs: Set<Character> = isUnicode ? ["…", "µ"] : []
    var lines = [ScreenLine(padded(title), .bar)]
    if let problem = model.problem {
      lines.append(ScreenLine("The agent does not answer: \(Cell(problem).text)", .cell(.bad)))
    }
    let room = isEndless ? Int.max : rows - lines.count - 1
    lines += model.detail == nil ? overview(room) : detail(room)
    if !isEndless {
      lines = Array(lines.prefix(max(rows - 1, 1)))
      lines += Array(repeating: ScreenLine(), count: max(rows - 1 - lines.count, 0))
      if rows > 1 { lines.append(ScreenLine(padded(keys), .bar)) }
    }
    return lines.prefix(rows).map { $0.fitted(to: columns, glyphs: glyphs) }
  }

  private func padded(_ text: String) -> String { text + String(repeating: " ", count: max(columns - text.count, 0)) }

  private var title: String {
    var text = "umbel top on \(model.host)"
    if let status = model.snapshot?.status {
      let ports = model.ports(of: model.lan)
      let place = model.lan.map { "LAN \($0)" } ?? Units.counted(status.lans.count, "LAN")
      text += ": \(place), \(Units.counted(ports.count, "port")); up \(Units.duration(seconds: status.uptimeSeconds))"
    }
    return text + (model.isPaused ? "; paused" : "; every \(model.interval)")
  }

  private var keys: String {
    if model.detail != nil { return "q quit  Esc back  p pause" }
    return "q quit  < > sort  r reverse  l LAN  up down choose  Enter port  Esc all  p pause"
  }

  // MARK: Overview

  private func overview(_ room: Int) -> [ScreenLine] {
    let ports = model.ports
    let share = isEndless ? Int.max : max(rows / 6, 1)
    let isLow = room < 8
    let lans = isLow ? [] : lanLines(share)
    let peers = isLow || model.peers.isEmpty ? [] : [ScreenLine()] + peerLines(share)
    let drops = dropLine(of: ports).map { [$0] } ?? []
    let head = lans + drops + (lans.isEmpty ? [] : [ScreenLine()])
    let left = isEndless ? Int.max : max(room - head.count - peers.count - 1, 1)
    return head + portLines(ports, left) + peers
  }

  private static let rateColumns: [ScreenTable.Column] = [
    ("RX/S", 6, .right), ("TX/S", 6, .right), ("RX BIT/S", 8, .right), ("TX BIT/S", 8, .right),
    ("DROPS/S", 7, .right),
  ]

  private func cells(of rates: Rates?) -> [Cell] {
    guard let rates else { return ["-", "-", "-", "-", "-"] }
    let figures = [rates.receivedFrames, rates.sentFrames, rates.receivedBits, rates.sentBits]
    return figures.map { Cell(Units.rate($0)) }
      + [Cell(Units.rate(rates.dropped), rates.dropped > 0 ? .warning : .plain)]
  }

  private func lanLines(_ most: Int) -> [ScreenLine] {
    let table = ScreenTable(
      "LAN", [("PORTS", 6, .right), ("GUESTS", 6, .right), ("STATIONS", 8, .right)] + Self.rateColumns, width: columns,
      cut: cut)
    let lans = model.lans
    var lines = [table.heading(note: lans.count > most ? "1-\(most) of \(lans.count)" : "")]
    for lan in lans.prefix(most) {
      let ports = model.ports(of: lan.name)
      let guests = ports.count { $0.role == .guest }
      lines.append(
        table.row(
          [Cell(lan.name), Cell(lan.ports), Cell(guests), Cell(lan.stations)] + cells(of: model.total(of: ports))))
    }
    return lines
  }

  /// Why frames are lost now, the most frequent reason first; nil: none are.
  private func dropLine(of ports: [Port]) -> ScreenLine? {
    guard let drops = model.total(of: ports)?.drops, !drops.isEmpty else { return nil }
    let reasons = drops.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return ScreenLine(
      "Drops/s: " + reasons.map { "\($0.key) \(Units.rate($0.value))" }.joined(separator: ", "), .cell(.warning))
  }

  private func portLines(_ ports: [Port], _ room: Int) -> [ScreenLine] {
    var table = ScreenTable(
      "PORT", [("LAN", 8, .left), ("STATE", 7, .left)] + Self.rateColumns + [("QUEUE", 5, .right)], width: columns,
      cut: cut)
    table.sorted = model.order.rawValue
    let mark = model.mark(in: ports)
    // The mark is in the middle, where that does not leave rows empty.
    let count = min(ports.count, room)
    let start = min(max(mark - room / 2, 0), ports.count - count)
    let note = count < ports.count ? "\(start + 1)-\(start + count) of \(ports.count)" : ""
    return [table.heading(note: note)]
      + ports.indices[start..<start + count].map { index in
        table.row(cells(of: ports[index]), isMarked: index == mark && !isEndless)
      }
  }

  private func cells(of port: Port) -> [Cell] {
    let guest = model.snapshot?.guests[port.number].map { " (\($0))" } ?? ""
    let queued = port.counters.queuedFrames
    return [
      Cell(port.name + guest), Cell(port.lan), Cell(port.state.rawValue, port.stateCell.look),
    ] + cells(of: model.rates[port.number]) + [Cell(Units.rate(Double(queued)), queued > 0 ? .warning : .plain)]
  }

  private func peerLines(_ most: Int) -> [ScreenLine] {
    let table = ScreenTable(
      "PEER", [("TRUNK", 16, .left), ("STATE", 6, .left), ("RTT", 8, .right), ("LOSS IN/OUT", 11, .right)],
      width: columns, cut: cut)
    let peers = model.peers
    return [table.heading(note: peers.count > most ? "1-\(most) of \(peers.count)" : "")]
      + peers.prefix(most).map { peer in
        let look: Cell.Look = peer.state == .up && !peer.muted ? .good : .warning
        let loss = [peer.lossInPercent, peer.lossOutPercent].compactMap { $0 }
        return table.row([
          Cell([peer.host ?? peer.name, peer.address].compactMap { $0 }.joined(separator: " ")),
          Cell("\(peer.lan)/\(peer.port)"), Cell(peer.muted ? "muted" : peer.state.rawValue, look),
          Cell(peer.roundTripMicroseconds.map(roundTrip) ?? "-"),
          Cell(
            loss.count == 2 ? "\(loss[0]) % \(loss[1]) %" : "-", loss.contains { $0 > 0 } ? .warning : .plain),
        ])
      }
  }

  private func roundTrip(_ microseconds: Int) -> String {
    microseconds < 10_000 ? "\(microseconds) \(isUnicode ? "µ" : "u")s" : "\(microseconds / 1_000) ms"
  }
}
