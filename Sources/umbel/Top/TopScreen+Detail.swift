import AgentAPI

extension TopScreen {
  /// One port: who it is, and all that it counts.
  func detail(_ room: Int) -> [ScreenLine] {
    guard let name = model.detail else { return [] }
    guard let port = model.shownPort else {
      return [ScreenLine("Port \(name.port) of LAN \(name.lan) is not there.", .cell(.warning))]
    }
    let heading = "Port \(port.name) of LAN \(port.lan), \(port.transport), \(port.role.rawValue): "
    var first = ScreenLine(heading)
    let state = port.stateCell
    first.add(state.text, .cell(state.look))
    var lines = [first]
    if let guest = guestText(of: port) { lines.append(ScreenLine(guest)) }
    lines.append(
      ScreenLine(
        "\(Units.counted(port.stations, "station")); \(Units.counted(port.counters.queuedFrames, "frame")), "
          + "\(Units.bytes(port.counters.queuedBytes)) in its queue"))
    lines.append(ScreenLine())
    let table = ScreenTable("COUNTER", [("TOTAL", 20, .right), ("PER SECOND", 10, .right)], width: columns, cut: cut)
    lines.append(table.heading())
    for figure in figures(of: port) {
      let isLoss = figure.isDrop && figure.rate ?? 0 > 0
      lines.append(
        table.row([
          Cell(figure.name), Cell(figure.total),
          Cell(figure.rate.map { Units.rate($0) } ?? "-", isLoss ? .warning : .plain),
        ]))
    }
    return lines
  }

  private func guestText(of port: Port) -> String? {
    let guest = model.snapshot?.guests[port.number].map { "guest \($0)" }
    guard let peer = port.peer else { return guest }
    let parts = [
      guest, peer.userId.map { "user \($0)" }, peer.processId.map { "process \($0)" }, peer.address,
      peer.door.map { "by door \($0)" },
    ]
    return Cell(parts.compactMap { $0 }.joined(separator: ", ")).text
  }

  private struct Figure {
    let name: String
    let total: Int
    let rate: Double?
    var isDrop = false
  }

  /// Frames and bytes always, the others where they are not 0.
  private func figures(of port: Port) -> [Figure] {
    let old = model.earlier[port.number]
    func figure(_ name: String, _ now: Int, _ before: Int?, isDrop: Bool = false) -> Figure {
      var rate: Double?
      // Of counters that have begun anew there is none.
      if model.rates[port.number] != nil, let before, now >= before { rate = Double(now - before) / model.seconds }
      return Figure(name: name, total: now, rate: rate, isDrop: isDrop)
    }
    func figure(_ name: String, _ path: KeyPath<Counters, Int>) -> Figure {
      figure(name, port.counters[keyPath: path], old?.counters[keyPath: path])
    }
    let traffic = [
      figure("received frames", \.receivedFrames), figure("received bytes", \.receivedBytes),
      figure("sent frames", \.sentFrames), figure("sent bytes", \.sentBytes),
    ]
    let drops = port.drops.keys.sorted().map { reason in
      figure(
        "dropped: \(reason)", port.drops[reason, default: 0], old.map { $0.drops[reason, default: 0] },
        isDrop: !Port.filtering.contains(reason))
    }
    let others = [
      figure("flooded", \.flooded), figure("moves of stations", \.moves), figure("not learned", \.learnRefused),
      figure("MSS lowered", \.mssClamped), figure("fragmented", \.fragmented),
      figure("segmented frames", \.segmentedFrames), figure("segments", \.segments),
      figure("coalesced frames", \.coalescedFrames), figure("coalesced from", \.coalescedSegments),
      figure("of agents", \.agentFrames),
    ].filter { $0.total != 0 }
    let own = port.transportCounters.keys.sorted().map { name in
      figure(
        "\(port.transport): \(name)", port.transportCounters[name, default: 0],
        old.map { $0.transportCounters[name, default: 0] })
    }
    return traffic + drops + others + own
  }
}
