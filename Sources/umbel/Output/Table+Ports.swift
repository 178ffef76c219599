package import AgentAPI

extension Table {
  /// A row for each port. WHOLE: bytes of the largest frame that its underlay carries unfragmented.
  package static func ports(_ ports: [Port]) -> Table {
    var table = Table([
      ("LAN", .left), ("PORT", .left), ("TRANSPORT", .left), ("ROLE", .left), ("PEER", .left), ("STATIONS", .right),
      ("WHOLE", .right), ("RX FRAMES", .right), ("RX BYTES", .right), ("TX FRAMES", .right), ("TX BYTES", .right),
      ("QUEUED", .right), ("DROPS", .right), ("STATE", .left),
    ])
    for port in ports {
      let counters = port.counters
      table.add([
        Cell(port.lan), Cell(port.name), Cell(port.transport), Cell(port.role.rawValue), peerCell(port.peer),
        Cell(port.stations), port.wholeFrame.map { Cell($0) } ?? "-",
        Cell(counters.receivedFrames), Cell(Units.bytes(counters.receivedBytes)),
        Cell(counters.sentFrames), Cell(Units.bytes(counters.sentBytes)), Cell(counters.queuedFrames),
        Cell(port.dropped), port.stateCell,
      ])
    }
    return table
  }

  /// A row for each reason and each counter of a transport that is not 0.
  package static func counters(of ports: [Port]) -> Table {
    var table = Table([("LAN", .left), ("PORT", .left), ("COUNTER", .left), ("VALUE", .right)])
    for port in ports {
      let own = [
        "flooded": port.counters.flooded, "moves": port.counters.moves, "not learned": port.counters.learnRefused,
        "MSS lowered": port.counters.mssClamped, "fragmented": port.counters.fragmented,
        "segmented frames": port.counters.segmentedFrames, "segments": port.counters.segments,
        "coalesced": port.counters.coalescedFrames, "coalesced from": port.counters.coalescedSegments,
        "of agents": port.counters.agentFrames,
      ]
      for (group, values) in [("", own), ("dropped: ", port.drops), ("\(port.transport): ", port.transportCounters)] {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where value != 0 {
          table.add([Cell(port.lan), Cell(port.name), Cell(group + name), Cell(value)])
        }
      }
    }
    return table
  }

  private static func peerCell(_ peer: Peer?) -> Cell {
    guard let peer else { return "-" }
    guard let user = peer.userId else { return Cell(peer.address ?? "-") }
    return peer.processId.map { "uid \(user) pid \($0)" } ?? "uid \(user)"
  }
}
