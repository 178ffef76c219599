package import AgentAPI
package import LinuxIO

extension HostFacts {
  /// Looks at the network, that of the agent where the caller may.
  init(for agent: AgentFacts) throws(Errno) {
    namespace = Self.enterNamespace(of: agent.status.processId)
    links = try Self.allLinks()
    for underlay in agent.underlays {
      for destination in underlay.destinations { try addWay(to: destination) }
      if let group = underlay.group { members[group] = GroupMembers.interfaces(of: group) }
      if underlay.port.state == .waiting {
        holders[underlay.udpPort] = UDPPortHolder.of(port: underlay.udpPort, family: underlay.family)
      }
    }
    for peer in agent.peers { if let address = peer.underlayAddress { try addWay(to: address) } }
    let families = Set(agent.underlays.map(\.family))
    sockets = try? families.flatMap { family throws(Errno) in try UDPSocketState.all(family: family) }
    readFirewall()
    isClockSynchronised = hostClockIsSynchronised()
    nativeGuests = NativeGuest.all(groups: agent.groups, sockets: sockets)
  }

  private static func enterNamespace(of agent: Int) -> Namespace {
    guard let process = Int32(exactly: agent), let its = NetworkNamespace.of(process: process),
      TextFile.read("/proc/\(process)/comm") == "umbeld\n"
    else { return .unknown(process: agent) }
    if its == NetworkNamespace.own { return .shared }
    return (try? NetworkNamespace.enter(process: process)) == nil
      ? .other(process: agent) : .entered(process: agent)
  }

  private static func allLinks() throws(Errno) -> [Link] {
    let interfaces = try Interfaces.all()
    let addresses = try Interfaces.allAddresses()
    let all = filter("all")
    return interfaces.map { interface in
      let bridge = interface.bridge != nil ? interface : interfaces.first { $0.index == interface.master }
      var link = Link(name: interface.name)
      link.isUp = interface.isUp
      link.hasCarrier = interface.hasCarrier
      link.takesMulticast = interface.takesMulticast
      link.isLoopback = interface.isLoopback
      link.isTunnel = !["", "veth"].contains(interface.kind)
      link.mtu = interface.mtu
      link.addresses = addresses.filter { $0.interface == interface.index }.map(\.prefix)
      link.bridge = bridge?.bridge == nil ? nil : bridge?.name
      link.snooping = bridge?.bridge
      // The larger of the two counts: Linux, Documentation/networking/ip-sysctl.rst.
      link.reversePathFilter = max(all, filter(interface.name))
      return link
    }
  }

  private static func filter(_ name: String) -> Int {
    TextFile.read("/proc/sys/net/ipv4/conf/\(name)/rp_filter").flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
  }

  private mutating func addWay(to destination: IPAddress) throws(Errno) {
    guard ways[destination] == nil, let route = try Interfaces.route(to: destination),
      let interface = try Interfaces.numbered(route.interface)
    else { return }
    ways[destination] = Way(interface: interface.name, isRouted: route.hasGateway)
  }

  private mutating func readFirewall() {
    switch CommandOutput.of("nft", ["-j", "list", "ruleset"], package: "nftables") {
    case .success(let text):
      firewall = Firewall(json: text)
      if firewall == nil { firewallProblem = "nft says what this version does not understand" }
    case .failure(let problem): (firewallProblem, firewallRemedy) = (problem.text, problem.remedy)
    }
    // A table is named there from its first use on.
    hasOldFirewall = ["ip", "ip6"].contains { family in
      TextFile.read("/proc/thread-self/net/\(family)_tables_names")?.isEmpty == false
    }
  }
}

extension TrunkPeer {
  /// Its address without the UDP port; nil: not known.
  package var underlayAddress: IPAddress? {
    guard let address else { return nil }
    return IPAddress(address) ?? SocketAddress(address)?.address
  }
}
