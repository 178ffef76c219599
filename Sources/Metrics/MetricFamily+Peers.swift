internal import AgentAPI

extension MetricFamily {
  /// The labels of a peer. Two agents on one computer differ in `agent`, and one agent that has two ports in the LAN in
  /// `peer_port`. `agent` is another after each start of the peer's agent.
  private static let peerLabels = ["lan", "port", "address", "name", "host", "agent", "peer_lan", "peer_port"]

  private static func labels(of peer: TrunkPeer) -> [String] {
    [
      peer.lan, peer.port, peer.address ?? "", peer.name ?? "", peer.host ?? "", peer.agent ?? "", peer.peerLan ?? "",
      peer.peerPort ?? "",
    ]
  }

  /// Who is at the far ends of trunks, and how well they are heard.
  static func peers(_ peers: [TrunkPeer]) -> [MetricFamily] {
    func family(
      _ name: String, unit: String? = nil, _ help: String, kind: Kind = .gauge, _ value: (TrunkPeer) -> Double?
    ) -> MetricFamily {
      MetricFamily(
        "umbel_peer_\(name)", kind, unit: unit, labels: peerLabels, help: help,
        samples: peers.compactMap { peer in value(peer).map { Sample(labels(of: peer), $0) } })
    }
    return [
      MetricFamily(
        "umbel_peer_state", .gauge, labels: peerLabels + ["state"],
        help: "1 for the state that the peer is in, 0 for the others.",
        samples: peers.flatMap { peer in
          PeerState.allCases.map { Sample(labels(of: peer) + [$0.rawValue], peer.state == $0 ? 1 : 0) }
        }),
      family("last_heard", unit: "seconds", "Since anything was heard of the peer.") {
        $0.lastHeardSeconds.map { Double($0) }
      },
      family("received", unit: "frames", "Frames from the peer, where the transport counts them.", kind: .counter) {
        $0.receivedFrames.map { Double($0) }
      },
      family("received", unit: "bytes", "Bytes of those frames.", kind: .counter) {
        $0.receivedBytes.map { Double($0) }
      },
      family("sent", unit: "frames", "Frames sent to this peer alone.", kind: .counter) {
        $0.sentFrames.map { Double($0) }
      },
      family("sent", unit: "bytes", "Bytes of those frames.", kind: .counter) { $0.sentBytes.map { Double($0) } },
      family("round_trip", unit: "seconds", "An average of the last hellos.") {
        $0.roundTripMicroseconds.map { Double($0) / 1_000_000 }
      },
      family("clock_offset", unit: "seconds", "What the peer's clock shows less what this host's shows.") {
        $0.clockOffsetMicroseconds.map { Double($0) / 1_000_000 }
      },
      family("clock_uncertainty", unit: "seconds", "By how much that may be wrong either way.") {
        $0.clockUncertaintyMicroseconds.map { Double($0) / 1_000_000 }
      },
      family("loss_in", unit: "ratio", "The share of its last 64 hellos that were not heard.") {
        $0.lossInPercent.map { Double($0) / 100 }
      },
      family("loss_out", unit: "ratio", "The share of our last 64 hellos that it did not hear.") {
        $0.lossOutPercent.map { Double($0) / 100 }
      },
      family("duplicate_hellos", "Hellos of the peer that came in more than once.", kind: .counter) {
        $0.duplicateHellos.map { Double($0) }
      },
      family("heard_by", unit: "seconds", "Since the peer last said that it hears this trunk.") {
        $0.heardBySeconds.map { Double($0) }
      },
      family("path", unit: "bytes", "The longest frame that passes the trunk in one piece.") {
        $0.pathBytes.map { Double($0) }
      },
      family("muted", "1: a second path to its agent; what it sends here is dropped.") { $0.muted ? 1 : 0 },
    ]
  }
}
