import CLinux
import Glibc
import LinuxIO
import TransportKit

/// The network below a port: finds interfaces, routes and peers, makes sockets, and says what is missing. Control thread
/// only. Every look is a whole one, whatever it was asked for.
struct VXLANUnderlay {
  var settings: VXLANSettings
  /// What names stand for, as far as they were found.
  var names: [String: [IPAddress]] = [:]
  private let endpoint: VXLANEndpoint
  private var pool: SenderPool?
  /// The forwarding thread has the pool, or gets it with the next commit.
  private var hasGivenPool = false
  private var poolSettings: TunnelSocket.Settings?
  /// The interface of this port's membership; nil: none.
  private var joined: UInt32?
  /// What the forwarding thread has, or gets with the next commit.
  private var plan: VXLANPlan?
  private var hasBound = false
  private var newSenders: [Int32] = []

  /// Why frames cannot pass now.
  struct Obstacle: Error {
    let text: String
    var code: Int32 = 0
  }

  init(_ settings: VXLANSettings, _ endpoint: VXLANEndpoint) {
    self.settings = settings
    self.endpoint = endpoint
  }

  /// What is to be kept of the port when this process ends; nil: it has no socket.
  var heritage: Heritage? {
    guard endpoint.socket >= 0 else { return nil }
    return VXLANHeritage.keeping(receiver: endpoint.socket, senders: pool?.numbers ?? [], joined: joined)
  }

  /// Takes over what the process before has left, before the first look.
  mutating func adopt(_ left: VXLANHeritage) {
    if let receiver = left.receiver { hasBound = endpoint.adopt(Descriptor(owning: receiver)) }
    if !left.senders.isEmpty {
      pool = SenderPool(sockets: left.senders.map { Box(Descriptor(owning: $0)) }, ports: left.ports)
      newSenders = left.senders
    }
    guard let group = settings.group, left.joined > 0 else { return }
    // The socket is a member, unless the interface is gone.
    if (try? endpoint.join(group, interface: left.joined)) != nil { joined = left.joined }
  }

  /// Whether the endpoint's socket was bound since this was last asked.
  mutating func takeBinding() -> Bool {
    defer { hasBound = false }
    return hasBound
  }

  /// The sockets made since this was last asked.
  mutating func takeNewSenders() -> [Int32] {
    defer { newSenders = [] }
    return newSenders
  }

  /// The port ends.
  mutating func leave() {
    if let group = settings.group, let joined { endpoint.leave(group, interface: joined) }
    joined = nil
  }

  /// Compares the network with what is in force and makes what is missing.
  mutating func evaluate() -> VXLANChange {
    do throws(Obstacle) {
      return try reach()
    } catch {
      // What is in force stays: the host sends nothing to a port that waits.
      return VXLANChange(state: .waiting(error.text, error: error.code))
    }
  }

  private mutating func reach() throws(Obstacle) -> VXLANChange {
    let formerlyJoined = joined
    try bind()
    let named = try namedInterface()
    let own = try ownAddresses()
    let (peers, missing) = peers(scope: named?.index ?? 0, but: own)
    if settings.group == nil && peers.isEmpty { throw nobody(missing) }
    var groupInterface: Interface?
    if let group = settings.group {
      if let named { groupInterface = named } else { groupInterface = try routedInterface(group) }
    }
    let mtu = try narrowest(named: named, group: groupInterface, peers: peers)
    if let groupInterface { try join(groupInterface.index) }
    try makePool()
    try tune(named: named, group: groupInterface)

    var next = VXLANPlan()
    next.group = settings.group.map {
      SocketAddress($0, port: settings.port, scope: settings.family == AF_INET6 ? groupInterface?.index ?? 0 : 0)
    }
    next.peers = peers
    next.peersOnly = settings.peersOnly
    next.ownAddresses = own
    // A device makes segments only when it makes checksums.
    next.makesRuns = settings.makesRuns && settings.hasChecksum
    let headers = settings.overhead - VXLANForwarder.headerBytes
    next.longestSegment = mtu.interface - headers
    let underlayMTU = settings.underlayMTU ?? mtu.path
    next.wholeFrame = max(0, underlayMTU - settings.overhead)

    let change = VXLANChange(
      state: .up(
        summary(groupInterface ?? named, peers, missing), mostPieces: 8, wholeFrame: UInt32(next.wholeFrame),
        keepsWhole: true))
    change.senders = takePool()
    change.changesMembership = joined != formerlyJoined
    if next != plan {
      plan = next
      change.plan = next
    }
    return change
  }

  private func summary(_ interface: Interface?, _ peers: [VXLANPlan.Peer], _ missing: [String]) -> String {
    var text = "vni \(settings.vni)"
    if settings.port != 4_789 { text += " port \(settings.port)" }
    if let group = settings.group { text += ", group \(group) ttl \(groupHops)" }
    if let interface { text += " on \(interface.name)" }
    if !peers.isEmpty { text += ", \(peers.count) \(peers.count == 1 ? "peer" : "peers")" }
    if !missing.isEmpty { text += "; no address yet for \(missing.joined(separator: ", "))" }
    return text
  }

  private var groupHops: Int32 { settings.hops ?? 1 }

  // MARK: The port

  private mutating func bind() throws(Obstacle) {
    do throws(Errno) {
      if try endpoint.bind() { hasBound = true }
    } catch {
      let port = settings.port
      switch error.code {
      case EADDRINUSE:
        let holder = UDPPortHolder.of(port: port, family: settings.family)
        throw Obstacle(text: "UDP port \(port) is taken: \(holder.sentence)", code: error.code)
      case EACCES:
        throw Obstacle(
          text: "UDP port \(port) needs a privilege: choose 1024 or more, or grant CAP_NET_BIND_SERVICE",
          code: error.code)
      default: throw Obstacle(text: "cannot hear UDP port \(port): \(error)", code: error.code)
      }
    }
  }

  // MARK: Peers

  /// The configured peers' addresses, each once, and the names that have none yet. This host itself is no peer, so that
  /// all hosts can have the same list.
  private func peers(scope: UInt32, but own: [IPAddress]) -> (found: [VXLANPlan.Peer], missing: [String]) {
    var found: [VXLANPlan.Peer] = []
    var seen = Set(own)
    var missing: [String] = []
    func add(_ address: IPAddress, _ name: String) {
      guard found.count < VXLANSettings.mostPeers, seen.insert(address).inserted else { return }
      found.append(
        VXLANPlan.Peer(
          address: SocketAddress(address, port: settings.port, scope: address.isLinkLocal ? scope : 0), name: name))
    }
    for peer in settings.peers {
      switch peer {
      case .address(let address): add(address, "")
      case .name(let name):
        let usable = (names[name] ?? []).filter {
          $0.family == settings.family && !$0.isMulticast && !$0.isUnspecified
        }
        if usable.isEmpty { missing.append(name) }
        // Debian's /etc/hosts gives a host's own name 127.0.1.1.
        for address in usable where !address.isLoopback { add(address, name) }
      }
    }
    return (found, missing)
  }

  private func nobody(_ missing: [String]) -> Obstacle {
    if missing.isEmpty { return Obstacle(text: "all peers are this host itself: add the others to peers") }
    return Obstacle(text: "no address yet for \(missing.joined(separator: ", ")): is it in the DNS or /etc/hosts?")
  }

  // MARK: Interfaces

  private func namedInterface() throws(Obstacle) -> Interface? {
    guard let name = settings.interface else { return nil }
    guard let found = try asking({ () throws(Errno) in try Interfaces.named(name) }) else {
      throw Obstacle(text: "interface \(name) does not exist", code: ENODEV)
    }
    return try up(found)
  }

  private func up(_ interface: Interface) throws(Obstacle) -> Interface {
    guard interface.isUp else { throw Obstacle(text: "interface \(interface.name) is down", code: ENETDOWN) }
    return interface
  }

  private func routedInterface(_ group: IPAddress) throws(Obstacle) -> Interface {
    let found = try asking { () throws(Errno) in
      try Interfaces.routing(to: group, from: settings.source).flatMap { index throws(Errno) in
        try Interfaces.numbered(index)
      }
    }
    if let found { return try up(found) }
    let route = settings.family == AF_INET ? "224.0.0.0/4 dev IFACE" : "multicast ff00::/8 dev IFACE table local"
    throw Obstacle(
      text: "no route to \(group): add one (ip route add \(route)), or set the option interface: IFACE",
      code: ENETUNREACH)
  }

  /// The smallest MTU of the ways that are used: of the interfaces alone, and of the routes too.
  private func narrowest(
    named: Interface?, group: Interface?, peers: [VXLANPlan.Peer]
  ) throws(Obstacle) -> (interface: Int, path: Int) {
    var interfaces = [named, group].compactMap { $0?.mtu }
    var paths: [Int] = []
    var known: [UInt32: Int] = [:]
    for peer in peers where !peer.address.address.isLinkLocal {
      let found = try asking { () throws(Errno) in
        try Interfaces.route(to: peer.address.address, from: settings.source)
      }
      guard let found else { continue }
      if let mtu = found.mtu { paths.append(mtu) }
      // With an interface of its own the port sends by that, wherever the route leads.
      guard named == nil, known[found.interface] == nil else { continue }
      let interface = try asking { () throws(Errno) in try Interfaces.numbered(found.interface) }
      known[found.interface] = interface?.mtu
      if let mtu = interface?.mtu { interfaces.append(mtu) }
    }
    guard let narrowest = interfaces.min() else {
      throw Obstacle(text: "no route to \(peers[0].address.address)\(peers.count > 1 ? " or another peer" : "")")
    }
    return (narrowest, min(narrowest, paths.min() ?? narrowest))
  }

  private func ownAddresses() throws(Obstacle) -> [IPAddress] {
    let all = try asking { () throws(Errno) in try Interfaces.allAddresses() }
    return Set(all.map(\.prefix.address)).filter { $0.family == settings.family }.sorted {
      $0.octets.lexicographicallyPrecedes($1.octets)
    }
  }

  private func asking<Found>(_ body: () throws(Errno) -> Found) throws(Obstacle) -> Found {
    do throws(Errno) {
      return try body()
    } catch {
      if error.code == EINVAL, let source = settings.source { throw notLocal(source) }
      throw Obstacle(text: "cannot ask the kernel about the network: \(error)", code: error.code)
    }
  }

  private func notLocal(_ source: IPAddress) -> Obstacle {
    Obstacle(text: "source \(source) is not an address of this host", code: EADDRNOTAVAIL)
  }

  // MARK: Sockets

  private mutating func join(_ interface: UInt32) throws(Obstacle) {
    guard let group = settings.group, joined != interface else { return }
    do throws(Errno) {
      try endpoint.join(group, interface: interface)
    } catch {
      throw Obstacle(text: "cannot join \(group): \(error)", code: error.code)
    }
    if let joined { endpoint.leave(group, interface: joined) }
    joined = interface
  }

  /// Makes the sockets to send from, once.
  private mutating func makePool() throws(Obstacle) {
    guard pool == nil else { return }
    var sockets: [Box<Descriptor>] = []
    var ports: [UInt16] = []
    var candidates = SourcePorts(settings.sourcePorts)
    while sockets.count < SenderPool.count {
      guard let port = candidates.next() else {
        throw Obstacle(
          text: "no free UDP port in \(settings.sourcePorts.lowerBound)-\(settings.sourcePorts.upperBound): widen "
            + "source-ports", code: EADDRINUSE)
      }
      if port == settings.port { continue }
      do throws(Errno) {
        let socket = try TunnelSocket.sender(
          family: settings.family, source: settings.source, port: port, keepsWhole: sockets.count == SenderPool.flows)
        sockets.append(Box(socket))
        ports.append(port)
      } catch {
        if error.code == EADDRINUSE { continue }
        if error.code == EADDRNOTAVAIL, let source = settings.source { throw notLocal(source) }
        throw Obstacle(text: "cannot send from UDP port \(port): \(error)", code: error.code)
      }
    }
    pool = SenderPool(sockets: sockets, ports: ports)
    poolSettings = nil
    newSenders = pool?.numbers ?? []
  }

  /// The sockets to send from, once: what comes after making them may fail.
  private mutating func takePool() -> SenderPool? {
    defer { hasGivenPool = true }
    return hasGivenPool ? nil : pool
  }

  /// Sets what may change while the sockets are used.
  private mutating func tune(named: Interface?, group: Interface?) throws(Obstacle) {
    let wanted = TunnelSocket.Settings(
      groupHops: groupHops, hostHops: settings.hops ?? 64, serviceType: settings.serviceType,
      groupInterface: group?.index ?? 0, hostInterface: named?.index ?? 0, hasChecksum: settings.hasChecksum)
    guard wanted != poolSettings, let pool else { return }
    do throws(Errno) {
      for socket in pool.sockets {
        try TunnelSocket.apply(wanted, family: settings.family, socket: socket.value.number)
      }
    } catch {
      let place = (named ?? group).map { " on \($0.name)" } ?? ""
      throw Obstacle(text: "cannot send\(place): \(error)", code: error.code)
    }
    poolSettings = wanted
  }
}

/// Ports of a range from a random one on, each once, at most 1,024.
struct SourcePorts {
  private let range: ClosedRange<UInt16>
  private var offset: Int
  private var left: Int

  init(_ range: ClosedRange<UInt16>) {
    self.range = range
    offset = Int.random(in: 0..<range.count)
    left = min(range.count, 1_024)
  }

  mutating func next() -> UInt16? {
    guard left > 0 else { return nil }
    left -= 1
    offset = (offset + 1) % range.count
    return UInt16(Int(range.lowerBound) + offset)
  }
}

extension UDPPortHolder {
  /// Who it is, and what to do.
  var sentence: String {
    switch self {
    case .device(let name, let vni):
      "the kernel's device \(name)\(vni.map { " (vni \($0))" } ?? "") has it: remove that device, or choose another port"
    case .process(let process, let command):
      "\(command) (pid \(process)) has it: end it, or choose another port"
    case .hidden:
      "another user's program has it, or the kernel for a VXLAN device in another network namespace: choose another port"
    case .kernel:
      "the kernel holds it, probably for a VXLAN device made here and moved to another network namespace, as Docker's "
        + "overlay networks do: choose another port"
    }
  }
}
