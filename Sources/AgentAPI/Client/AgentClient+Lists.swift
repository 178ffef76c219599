extension AgentClient {
  /// The ports of a LAN, or of all, by LAN and number.
  package func ports(of lan: String?) throws(ClientError) -> [Port] {
    var ports: [Port] = []
    try callMore(ListPorts.self, .init(lan: lan)) { ports += $0.ports }
    return ports.sorted { ($0.lan, $0.number) < ($1.lan, $1.number) }
  }

  /// The FDB of a LAN, or of all, by LAN, VLAN and address.
  package func stations(of lan: String?) throws(ClientError) -> [Station] {
    var stations: [Station] = []
    try callMore(ListStations.self, .init(lan: lan)) { stations += $0.stations }
    return stations.sorted { ($0.lan, $0.vlan, $0.mac) < ($1.lan, $1.vlan, $1.mac) }
  }

  /// The peers of a LAN's trunks, or of all, by LAN and trunk.
  package func peers(of lan: String?) throws(ClientError) -> [TrunkPeer] {
    var peers: [TrunkPeer] = []
    try callMore(ListPeers.self, .init(lan: lan)) { peers += $0.peers }
    return peers
  }
}
