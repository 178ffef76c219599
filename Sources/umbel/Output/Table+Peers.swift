package import AgentAPI

extension Table {
  /// A row for each peer of a trunk.
  package static func peers(_ peers: [TrunkPeer]) -> Table {
    var table = Table([
      ("LAN", .left), ("PORT", .left), ("ADDRESS", .left), ("HOST", .left), ("ITS PORT", .left), ("HEARD", .right),
      ("RX FRAMES", .right), ("TX FRAMES", .right), ("ROUND TRIP", .right), ("CLOCK", .right),
      ("LOSS IN/OUT", .right), ("PATH", .right), ("STATE", .left),
    ])
    for peer in peers {
      table.add([
        Cell(peer.lan), Cell(peer.port), Cell(peer.address ?? "-"), Cell(peer.host ?? peer.name ?? "-"),
        peer.peerPort.map { Cell("\(peer.peerLan ?? "")/\($0)") } ?? "-",
        peer.lastHeardSeconds.map { Cell(Units.duration(seconds: $0) + " ago") } ?? "never",
        peer.receivedFrames.map { Cell($0) } ?? "-", peer.sentFrames.map { Cell($0) } ?? "-",
        peer.roundTripMicroseconds.map { Cell(Units.duration(microseconds: $0)) } ?? "-", clockCell(peer),
        lossCell(peer), peer.pathBytes.map { Cell("\($0) B") } ?? "-", stateCell(peer),
      ])
    }
    return table
  }

  /// How far its clock is ahead of this host's.
  private static func clockCell(_ peer: TrunkPeer) -> Cell {
    guard let offset = peer.clockOffsetMicroseconds else { return "-" }
    let text = Units.duration(microseconds: Int(clamping: offset.magnitude))
    return Cell((offset < 0 ? "-" : "+") + text, peer.hasOtherClock ? .warning : .plain)
  }

  private static func lossCell(_ peer: TrunkPeer) -> Cell {
    guard let lossIn = peer.lossInPercent, let lossOut = peer.lossOutPercent else { return "-" }
    return Cell("\(lossIn) % / \(lossOut) %", lossIn + lossOut > 0 ? .warning : .plain)
  }

  private static func stateCell(_ peer: TrunkPeer) -> Cell {
    if peer.muted { return Cell("muted: second path", .warning) }
    switch peer.state {
    case .up where peer.isDeaf: return Cell("up: does not hear this host", .warning)
    case .up: return Cell("up", .good)
    case .silent: return Cell("silent", .warning)
    case .never: return Cell("never heard", .warning)
    }
  }
}
