import AgentAPI
import LinuxIO

extension Diagnosis {
  /// Who is heard on a trunk, and how well.
  mutating func checkPeers(of underlay: Underlay) {
    let port = underlay.port
    let peers = agent.peers.filter { $0.lan == port.lan && $0.port == port.name }
    checkForeignVNI(underlay, peers)
    if peers.isEmpty { addNobody(underlay) }
    for peer in peers { check(peer, underlay) }
    checkPath(underlay, peers)
  }

  private mutating func addNobody(_ underlay: Underlay) {
    let port = underlay.port
    if port.options["hello"]?.first == "false" {
      return add(.peer, .skipped, of: port, "who is there is not known: hello is off at this trunk")
    }
    let reach =
      underlay.group != nil && underlay.hops <= 1
      ? "; with a TTL of \(underlay.hops) nobody behind a router can be" : ""
    add(.peer, .ok, of: port, "no other host is heard so far\(reach)")
  }

  /// All ports of a UDP port share what came for none of them.
  private mutating func checkForeignVNI(_ underlay: Underlay, _ peers: [TrunkPeer]) {
    guard underlay.isVXLAN else { return }
    let foreign = agent.underlays.filter {
      $0.isVXLAN && $0.udpPort == underlay.udpPort && $0.family == underlay.family
    }
    .compactMap { $0.port.transportCounters["foreign-vni"] }.reduce(0, +)
    guard foreign > 0 else { return }
    let vni = underlay.port.options["vni"]?.first ?? "?"
    let missing = peers.filter { $0.state != .up }.compactMap(\.address)
    let text = "\(Units.counted(foreign, "datagram")) came with another VNI than \(vni)"
    if let address = missing.first {
      add(
        .foreignVNI, .fault, of: underlay.port,
        "\(text), and nothing with it from \(address): it may have another there",
        "on \(host(address)): umbel port list --json \(underlay.port.lan)",
        "vni: the same number at both ends, in umbel.yaml")
    } else if peers.isEmpty {
      add(
        .foreignVNI, .warning, of: underlay.port, "\(text), and nobody is heard with it",
        "vni: the same number at both ends, in umbel.yaml")
    }
  }

  private mutating func check(_ peer: TrunkPeer, _ underlay: Underlay) {
    let port = underlay.port
    if peer.muted {
      let others = agent.peers.filter { $0.agent == peer.agent && $0.lan == peer.lan && $0.port != peer.port }.map(
        \.port)
      return add(
        .secondPath, .fault, of: port,
        "\(name(of: peer)) is heard by two trunks of LAN \(peer.lan), \(others.first ?? "another") and \(port.name): "
          + "what comes by \(port.name) is dropped", "umbel port remove \(peer.lan) \(port.name)")
    }
    switch peer.state {
    case .never:
      let address = peer.underlayAddress.map { "\($0)" } ?? name(of: peer)
      add(
        .peer, .fault, of: port, "nothing was ever heard of \(name(of: peer))", "ping -c 3 \(address)",
        Self.doctorThere, "sudo tcpdump -ni any udp port \(underlay.udpPort)")
    case .silent: addSilent(peer, underlay)
    case .up: if peer.agent != nil { measure(peer, underlay) }
    }
  }

  private mutating func addSilent(_ peer: TrunkPeer, _ underlay: Underlay) {
    let since = Units.duration(seconds: peer.lastHeardSeconds ?? 0)
    guard peer.agent != nil else {
      // Another end than an agent need not say anything; a member of a group comes and goes.
      if underlay.isVXLAN {
        add(.peer, .ok, of: underlay.port, "\(name(of: peer)) is quiet for \(since); it has no agent that says hello")
      }
      return
    }
    let switches =
      underlay.group == nil ? "" : ", or a switch has forgotten the group (IGMP snooping without a querier)"
    add(
      .peer, .fault, of: underlay.port,
      "\(name(of: peer)) is silent for \(since): its agent has ended, the way to it is cut\(switches)",
      doctor(at: peer),
      peer.underlayAddress.map { "ping -c 3 \($0)" } ?? "umbel peer list")
  }

  /// Hellos in both directions.
  private mutating func measure(_ peer: TrunkPeer, _ underlay: Underlay) {
    let port = underlay.port
    if peer.isDeaf || (peer.heardBySeconds == nil && agent.isMeasured) {
      let address = peer.underlayAddress
      if let address, let group = underlay.group, host.ways[address]?.isRouted == true, underlay.hops <= 1 {
        return add(
          .ttl, .fault, of: port,
          "\(name(of: peer)) is behind a router, which a TTL of \(underlay.hops) does not pass: it does not hear \(group) "
            + "from here", "ttl: 2 at port \(port.name) in umbel.yaml, or more; then: umbel reload")
      }
      return add(
        .oneWay, .fault, of: port, "\(name(of: peer)) is heard, but does not hear this host",
        doctor(at: peer))
    }
    if let duplicates = peer.duplicateHellos, duplicates > 0 {
      add(
        .duplicates, .warning, of: port,
        "\(Units.counted(duplicates, "hello")) of \(name(of: peer)) came more than once: the network between duplicates frames",
        "sudo tcpdump -eni any udp port \(underlay.udpPort)")
    }
    let (lossIn, lossOut) = (peer.lossInPercent ?? 0, peer.lossOutPercent ?? 0)
    let roundTrip = peer.roundTripMicroseconds.map { "round trip \($0) us" } ?? "round trip not known yet"
    let losses = "of the last hellos \(lossIn) % are lost on the way here, \(lossOut) % on the way there"
    if max(lossIn, lossOut) >= 5 {
      add(
        .loss, .warning, of: port, "\(name(of: peer)) is hard to hear: \(losses), \(roundTrip)",
        "ping -c 100 -i 0.2 \(peer.underlayAddress.map { "\($0)" } ?? "ADDRESS")")
    } else {
      add(.loss, .ok, of: port, "\(name(of: peer)): \(roundTrip), \(losses)")
    }
  }

  /// The least that passes to any of them, against what leaves this host.
  private mutating func checkPath(_ underlay: Underlay, _ peers: [TrunkPeer]) {
    guard let path = peers.compactMap(\.pathBytes).min() else { return }
    let names = underlay.interface.map { [$0] } ?? underlay.destinations.compactMap { host.ways[$0]?.interface }
    let mtu = names.compactMap { host.link($0)?.mtu }.min() ?? 1_500
    let own = underlay.port.options["underlay-mtu"]?.first.flatMap { Int($0) } ?? mtu
    guard path < own - underlay.overhead else {
      return add(.path, .ok, of: underlay.port, "frames of up to \(Units.grouped(path)) bytes pass in one piece")
    }
    add(
      .path, .warning, of: underlay.port,
      "a link of MTU \(path + underlay.overhead) is on the way, behind an interface of MTU \(own): only frames of up to "
        + "\(Units.grouped(path)) bytes pass in one piece",
      "on that link: sudo ip link set IFACE mtu \(own)", "in guests: ip link set eth0 mtu \(path - 14)")
  }

  private static let doctorThere = "on that host: sudo umbel doctor"

  /// What a peer calls its LAN is anybody's text, and a remedy is pasted into a root shell: only a name goes in.
  private func doctor(at peer: TrunkPeer) -> String {
    guard let lan = peer.peerLan, (1...32).contains(lan.utf8.count), let first = lan.first, !"._-".contains(first),
      lan.utf8.allSatisfy(Self.isAllowedInName)
    else { return Self.doctorThere }
    return "\(Self.doctorThere) \(lan)"
  }

  private static func isAllowedInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  func name(of peer: TrunkPeer) -> String {
    let address = peer.underlayAddress.map { "\($0)" } ?? peer.address
    guard let host = peer.host ?? peer.name else { return "peer \(address ?? "?")" }
    return address.map { "host \(host) (\($0))" } ?? "host \(host)"
  }

  private func host(_ address: String) -> String { SocketAddress(address).map { "\($0.address)" } ?? address }
}

extension TrunkPeer {
  /// It hears this host no more. An agent lists whom it hears in each hello, or in turn where there are too many.
  var isDeaf: Bool { (heardBySeconds ?? 0) > 20 }
}
