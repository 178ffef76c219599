import AgentAPI
import Glibc
import LinuxIO

extension Diagnosis {
  /// Interfaces and routes, whether the port is up or not.
  mutating func checkNetwork(of underlay: Underlay) {
    guard isOwnNetwork else { return }
    if let name = underlay.interface {
      guard let link = host.link(name) else {
        let others = host.links.filter { !$0.isLoopback }.map(\.name)
        return add(
          .interface, .fault, of: underlay.port,
          "interface \(name) does not exist; there are: \(others.joined(separator: ", "))",
          "interface: \(others.first ?? "IFACE") at port \(underlay.port.name) in umbel.yaml; then: umbel reload")
      }
      check(link, underlay)
      if link.isUp { checkGroup(underlay, on: link) }
      return
    }
    for link in routedLinks(of: underlay) {
      check(link, underlay)
      if link.isUp, let group = underlay.group, host.ways[group]?.interface == link.name {
        add(.route, .ok, of: underlay.port, "the route of \(group) leads to \(link.name)")
        checkGroup(underlay, on: link)
      }
    }
  }

  /// Facts of interfaces are of use only where they are the agent's.
  private var isOwnNetwork: Bool {
    if case .other = host.namespace { return false }
    return true
  }

  /// The interfaces that the routes name, each once; tells what has no route.
  private mutating func routedLinks(of underlay: Underlay) -> [HostFacts.Link] {
    var names: [String] = []
    // This host may be among its own peers.
    let own = host.links.flatMap(\.addresses).map(\.address)
    for destination in underlay.destinations where !own.contains(destination) {
      if let way = host.ways[destination] {
        if !names.contains(way.interface) { names.append(way.interface) }
        continue
      }
      // A route goes with its interface.
      let down = host.links.first {
        !$0.isUp && !$0.isLoopback && underlay.port.text.contains("interface \($0.name) is down")
      }
      if let down {
        if !names.contains(down.name) { names.append(down.name) }
      } else {
        addNoRoute(to: destination, underlay)
      }
    }
    return names.compactMap { host.link($0) }
  }

  private mutating func addNoRoute(to destination: IPAddress, _ underlay: Underlay) {
    let isIPv4 = destination.length == 4
    let usable = host.links.filter { !$0.isLoopback && $0.isUp }
    let text = "no route leads to \(destination.isMulticast ? "group " : "")\(destination)"
    guard let best = usable.first(where: { !$0.addresses(destination.family).isEmpty }) ?? usable.first else {
      let down = host.links.filter { !$0.isLoopback && !$0.isUp }.map(\.name)
      guard let name = down.first else {
        return add(.route, .fault, of: underlay.port, "\(text): there is no interface but lo", "ip link")
      }
      return add(
        .route, .fault, of: underlay.port, "\(text): interface \(down.joined(separator: ", ")) is down",
        "sudo ip link set \(name) up")
    }
    guard destination.isMulticast else {
      return add(
        .route, .fault, of: underlay.port, text,
        "sudo ip \(isIPv4 ? "" : "-6 ")route add \(destination) via ROUTER dev \(best.name)")
    }
    add(
      .route, .fault, of: underlay.port, text,
      isIPv4
        ? "sudo ip route add 224.0.0.0/4 dev \(best.name)"
        : "sudo ip -6 route add multicast ff00::/8 dev \(best.name) table local")
  }

  private mutating func check(_ link: HostFacts.Link, _ underlay: Underlay) {
    let port = underlay.port
    let before = findings.count
    let family = underlay.family == AF_INET ? "IPv4" : "IPv6"
    if !link.isUp {
      add(.interface, .fault, of: port, "interface \(link.name) is down", "sudo ip link set \(link.name) up")
      return
    }
    if !link.hasCarrier {
      add(
        .carrier, .fault, of: port, "interface \(link.name) has no carrier: its cable or its far end is missing",
        "ip link show \(link.name)")
    }
    if underlay.group != nil, !link.takesMulticast, !link.isLoopback {
      add(
        .multicastFlag, .fault, of: port, "interface \(link.name) does not take multicast: its flag MULTICAST is off",
        "sudo ip link set \(link.name) multicast on")
    }
    let addresses = link.addresses(underlay.family)
    if addresses.isEmpty {
      add(
        .address, .fault, of: port, "interface \(link.name) has no \(family) address",
        "sudo ip address add ADDRESS/LENGTH dev \(link.name)")
    }
    guard findings.count == before else { return }
    add(.interface, .ok, of: port, "interface \(link.name) is up and has \(addresses[0])")
    if link.mtu < 1_500 {
      add(
        .mtu, .warning, of: port,
        "interface \(link.name) has an MTU of \(link.mtu): frames of more than \(link.mtu - underlay.overhead) bytes pass "
          + "in fragments",
        link.isTunnel
          ? "in guests: ip link set eth0 mtu \(link.mtu - underlay.overhead - 14)"
          : "sudo ip link set \(link.name) mtu 1500")
    }
    checkReversePath(link, underlay)
  }

  /// Strict filtering drops what comes from an address that is not reached by the same interface (RFC 3704).
  private mutating func checkReversePath(_ link: HostFacts.Link, _ underlay: Underlay) {
    guard link.reversePathFilter == 1, underlay.family == AF_INET, !link.isLoopback else { return }
    let peers = agent.peers.filter { $0.lan == underlay.port.lan && $0.port == underlay.port.name }
    let known = Set(underlay.peers + peers.compactMap(\.underlayAddress)).filter { $0.length == 4 }
    let elsewhere = known.filter { host.ways[$0] != nil && host.ways[$0]?.interface != link.name }
    // With slashes: names of interfaces may have full stops.
    let remedy = "sudo sysctl net/ipv4/conf/\(link.name)/rp_filter=2 net/ipv4/conf/all/rp_filter=2"
    if let address = elsewhere.map(\.description).sorted().first {
      add(
        .reversePath, .fault, of: underlay.port,
        "rp_filter of \(link.name) is strict: what comes from \(address), whose route is another, is dropped", remedy)
    } else if underlay.group != nil, known.isEmpty, underlay.port.role == .trunk {
      add(
        .reversePath, .warning, of: underlay.port,
        "rp_filter of \(link.name) is strict: hosts are heard only if their route leads there as well", remedy)
    }
  }

  /// What makes a group arrive by an interface.
  private mutating func checkGroup(_ underlay: Underlay, on link: HostFacts.Link) {
    guard let group = underlay.group else { return }
    let port = underlay.port
    if port.state == .up {
      if host.members[group]?.contains(link.name) == true {
        add(.membership, .ok, of: port, "\(group) is joined on \(link.name)")
      } else {
        add(
          .membership, .fault, of: port, "\(group) is not joined on \(link.name)",
          "umbel port remove \(port.lan) \(port.name)", "umbel port add \(port.lan) …")
      }
    }
    if let bridge = link.bridge, let snooping = link.snooping, snooping.isSnooping, !snooping.isQuerier,
      !snooping.hearsQuerier
    {
      add(
        .snooping, .warning, of: port,
        "bridge \(bridge) snoops multicast and has no querier: members of \(group) are forgotten after minutes",
        "sudo ip link set \(bridge) type bridge mcast_querier 1")
    }
  }

  // MARK: What a port that is up meets

  mutating func checkTraffic(of underlay: Underlay) {
    guard isOwnNetwork else { return }
    checkFirewall(of: underlay)
    checkBuffers(of: underlay)
    checkForeign(underlay)
  }

  private mutating func checkFirewall(of underlay: Underlay) {
    let port = underlay.port
    guard let firewall = host.firewall else {
      if port.role == .trunk {
        add(
          .firewall, .skipped, of: port, "what the firewall drops is not known: \(host.firewallProblem)",
          host.firewallRemedy ?? asRoot)
      }
      return
    }
    let interfaces = Set(
      underlay.interface.map { [$0] } ?? underlay.destinations.compactMap { host.ways[$0]?.interface })
    var isClear = true
    for interface in interfaces.sorted() {
      var obstacles: [(Firewall.Obstacle, Firewall.Datagram)] = []
      for (group, isIncoming) in [(underlay.group, true), (nil, true), (underlay.group, false)] {
        // A group is heard as a group alone.
        if group == nil && !(isIncoming && underlay.isVXLAN) && !(underlay.group == nil) { continue }
        let datagram = Firewall.Datagram(
          port: underlay.udpPort, family: underlay.family, group: group, interface: interface, isIncoming: isIncoming)
        if let obstacle = firewall.obstacle(to: datagram) { obstacles.append((obstacle, datagram)) }
      }
      guard let (obstacle, datagram) = obstacles.first(where: { $0.0.isCertain }) ?? obstacles.first else { continue }
      isClear = false
      add(obstacle, to: datagram, underlay)
    }
    if isClear { add(.firewall, .ok, of: port, "nftables lets \(underlay.place) pass, as far as its rules tell") }
  }

  private mutating func add(_ obstacle: Firewall.Obstacle, to datagram: Firewall.Datagram, _ underlay: Underlay) {
    let what = datagram.group == nil ? "UDP port \(datagram.port)" : underlay.place
    let way = datagram.isIncoming ? "from" : "to"
    let verb = obstacle.isCertain ? "drops" : "may drop"
    let insertion = "sudo nft insert rule \(obstacle.chain) udp dport \(datagram.port) accept"
    guard let handle = obstacle.handle else {
      return add(
        .firewall, obstacle.isCertain ? .fault : .warning, of: underlay.port,
        "nftables \(verb) \(what) \(way) \(datagram.interface): no rule of chain \(obstacle.chain) "
          + (obstacle.isCertain ? "accepts it, and its policy is drop" : "surely accepts it, and its policy is drop"),
        insertion)
    }
    let count = obstacle.packets.map { ", \(Units.counted($0, "packet")) so far" } ?? ""
    add(
      .firewall, obstacle.isCertain ? .fault : .warning, of: underlay.port,
      "nftables \(verb) \(what) \(way) \(datagram.interface): rule \(handle) of chain \(obstacle.chain)\(count)",
      obstacle.isOwn ? "sudo nft delete rule \(obstacle.chain) handle \(handle)" : insertion)
  }

  private mutating func checkBuffers(of underlay: Underlay) {
    let port = underlay.port
    guard let sockets = host.sockets else {
      return add(.buffers, .skipped, of: port, "what the kernel granted for buffers is not known: it has no udp_diag")
    }
    let receivers = sockets.filter {
      $0.local.port == underlay.udpPort && (underlay.isVXLAN || $0.local.address == underlay.group)
    }
    guard let receiver = receivers.max(by: { $0.receiveBuffer < $1.receiveBuffer }) else { return }
    let wanted = underlay.wantedBuffer
    if receiver.receiveBuffer < wanted {
      add(
        .buffers, .warning, of: port,
        "the kernel grants \(Units.bytes(receiver.receiveBuffer)) of \(Units.bytes(wanted)) of receive buffer: bursts are lost",
        "sudo sysctl net.core.rmem_max=\(wanted) net.core.wmem_max=\(wanted)", "sudo systemctl restart umbeld")
    } else {
      add(.buffers, .ok, of: port, "the kernel grants \(Units.bytes(wanted)) of receive buffer, as asked")
    }
    let drops = port.transportCounters["kernel-drops"] ?? 0
    if drops > 0 {
      add(
        .kernelDrops, .warning, of: port,
        "\(Units.counted(drops, "datagram")) came while the receive buffer was full, and are lost",
        "sudo sysctl net.core.rmem_max=\(4 * wanted)",
        "buffers: \(Self.size(4 * wanted)) at port \(port.name) in umbel.yaml")
    }
  }

  /// Bytes as the configuration has them: 16M.
  private static func size(_ bytes: Int) -> String {
    for (unit, shift) in [("G", 30), ("M", 20), ("K", 10)] where bytes.trailingZeroBitCount >= shift {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
  }

  private mutating func checkForeign(_ underlay: Underlay) {
    let port = underlay.port
    if let foreign = port.transportCounters["foreign-sender"], foreign > 0, let group = underlay.group {
      add(
        .foreignSender, .fault, of: port,
        "\(Units.counted(foreign, "frame")) of other hosts came by \(underlay.place) and were dropped: a guest port takes "
          + "those of this host alone", "sudo ip route replace \(group)/32 dev lo",
        "sudo journalctl -u umbeld -g 'frames from .* are dropped'",
        "on that host: umbel port add \(port.lan) vxlan vni=… peers=…")
    }
    if let strangers = port.transportCounters["not-a-peer"], strangers > 0 {
      add(
        .foreignSender, .warning, of: port,
        "\(Units.counted(strangers, "frame")) came from addresses that are not in peers, and were dropped (peers-only)",
        "sudo tcpdump -ni any udp port \(underlay.udpPort)")
    }
  }
}
