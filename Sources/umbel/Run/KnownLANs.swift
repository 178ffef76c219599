package import AgentAPI
package import PortWords

/// What the agent has, as far as a guest's words can mean it.
package struct KnownLANs {
  private let lans: [Lan]
  private let ports: [Port]

  package init(lans: [Lan], ports: [Port]) {
    self.lans = lans
    self.ports = ports
  }

  /// A LAN that a word leads to.
  package struct Match: Equatable {
    package let lan: String
    /// What the LAN was found by, for a sentence; nil: it is the one that the command line names.
    package let by: String?
    /// Sentences about what the word says in vain.
    package var notes: [String] = []
  }

  /// The LAN that a NIC joins: the one that has the group, the switch or the TAP that its word names, else the one that
  /// the command line names.
  /// - Parameters:
  ///   - named: the LAN of the command line.
  ///   - isNative: the word stays, so that its empty fields mean what they mean to the guest's kernel.
  /// - Throws: a word that names what no LAN has.
  package func match(_ nic: KernelNIC, named: String, isNative: Bool) throws(Failure) -> Match {
    switch nic.word.meaning {
    case .multicast(let group, let port, let ttl):
      let names = group != nil || port != nil || isNative
      return try multicast(
        nic, named, names ? (group ?? PortWord.defaultGroup, port ?? PortWord.defaultPort) : nil, ttl: ttl,
        isNative: isNative)
    case .daemon(let control, _):
      let path = control ?? (isNative ? PortWord.defaultControl : nil)
      guard let path else { return Match(lan: named, by: nil) }
      return try daemon(nic, named, path, isNative: isNative)
    case .tap(let device, let host): return try tap(named, nic, device, host)
    }
  }

  /// Whether a LAN has a TAP port on that device already.
  package func hasTap(_ device: String) -> Bool { tapPort(device) != nil }

  // MARK: mcast

  private func multicast(
    _ nic: KernelNIC, _ named: String, _ wanted: (group: IPv4Address, port: Int)?, ttl: Int?, isNative: Bool
  ) throws(Failure) -> Match {
    let trunks = ports.filter { $0.transport == "mcast" }
    var found = Match(lan: named, by: nil)
    if let wanted {
      let place = "\(wanted.group):\(wanted.port)"
      let fitting = trunks.filter { $0.groupAndPort == place }.map(\.lan)
      guard let lan = fitting.contains(named) ? named : fitting.first else {
        throw Failure(.noInput, Self.refusal(nic, named, place, trunks, isNative: isNative))
      }
      found = Match(lan: lan, by: lan == named ? nil : place)
    }
    if let ttl, let trunk = trunks.first(where: { $0.lan == found.lan }), let own = trunk.options["ttl"]?.first,
      own != "\(ttl)"
    {
      found.notes.append(
        "\(nic.text): TTL \(ttl) does not apply; the trunk of LAN \(found.lan) sends with TTL \(own).")
    }
    return found
  }

  private static func refusal(
    _ nic: KernelNIC, _ named: String, _ place: String, _ trunks: [Port], isNative: Bool
  ) -> String {
    let own = trunks.filter { $0.lan == named }.compactMap(\.groupAndPort)
    let has = own.isEmpty ? "LAN \(named) has no group" : "LAN \(named) has \(own.joined(separator: ", "))"
    let options = ["mcast"] + nic.word.options.map { "\($0.name)=\($0.text)" }
    // The guest's kernel joins what its word says, and has a default of its own.
    let joining =
      isNative
      ? own.first.map { "\(nic.name)=mcast,,\($0.replacing(":", with: ",")) to join LAN \(named)" }
      : "\(nic.name)=mcast to join LAN \(named) whatever its group"
    return "\(nic.text): no LAN has \(place); \(has). " + (joining.map { "Write \($0), or give" } ?? "Give")
      + " a LAN that group: `umbel port add \(named) \(options.joined(separator: " "))`."
  }

  // MARK: daemon

  private func daemon(
    _ nic: KernelNIC, _ named: String, _ path: String, isNative: Bool
  ) throws(Failure) -> Match {
    let fitting = lans.filter { lan in lan.doors.contains { $0.name == "vde" && $0.path == path } }.map(\.name)
    guard let lan = fitting.first else {
      let door = lans.first { $0.name == named }?.doors.first { $0.name == "vde" }
      let own = door.map { ", \($0.place) is LAN \(named)'s" }
      let joining = isNative ? door.map { "daemon,,unix,\($0.place)" } : "daemon"
      throw Failure(
        .noInput,
        "\(nic.text): no LAN has a vde door at \(path)\(own ?? ""). "
          + (joining.map { "Write \(nic.name)=\($0) to join LAN \(named), or give" } ?? "Give")
          + " a LAN that door in the configuration: doors: [{door: vde, path: \(path)}].")
    }
    return Match(lan: lan, by: lan == named ? nil : path)
  }

  // MARK: tuntap

  private func tapPort(_ device: String) -> Port? {
    ports.first { $0.transport == "tap" && $0.options["device"] == [device] }
  }

  private func tap(
    _ named: String, _ nic: KernelNIC, _ device: String?, _ host: IPv4HostAddress?
  ) throws(Failure) -> Match {
    guard let device, let port = tapPort(device) else { return Match(lan: named, by: nil) }
    let own = port.options["address"] ?? []
    if let host, !own.compactMap({ IPv4HostAddress($0) }).contains(where: host.fits) {
      throw Failure(
        .usage,
        "\(nic.text): \(device) is port \(port.name) of LAN \(port.lan) and has "
          + "\(own.isEmpty ? "no address" : own.joined(separator: ", ")), not \(host). "
          + "Leave the host IP address out, or name another device.")
    }
    return Match(lan: port.lan, by: port.lan == named ? nil : device)
  }
}

extension IPv4HostAddress {
  /// Whether a device with `other` has this address; a network counts only where both are named with one.
  fileprivate func fits(_ other: IPv4HostAddress) -> Bool {
    address == other.address && (prefixLength ?? other.prefixLength) == (other.prefixLength ?? prefixLength)
  }
}

extension Port {
  /// `239.192.168.1:1102`; nil without these options.
  fileprivate var groupAndPort: String? {
    guard let group = options["group"]?.first, let port = options["port"]?.first else { return nil }
    return "\(group):\(port)"
  }
}
