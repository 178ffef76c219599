import Glibc
package import LinuxIO
package import TransportKit

/// What a configuration says of a VXLAN trunk.
package struct VXLANSettings: Sendable {
  /// A peer as it is written.
  package enum Peer: Hashable, Sendable {
    case address(IPAddress)
    case name(String)
  }

  /// The network's identifier, 24 bits.
  package let vni: UInt32
  /// nil: frames to everyone go to each peer.
  package let group: IPAddress?
  package let peers: [Peer]
  /// Whether frames from other addresses than the peers' are dropped.
  package let peersOnly: Bool
  package let port: UInt16
  /// TTL or hop limit of all datagrams; nil: 1 to the group and 64 to peers.
  package let hops: Int32?
  package let serviceType: Int32
  /// nil: the routes decide.
  package let interface: String?
  /// nil: the kernel chooses.
  package let source: IPAddress?
  package let sourcePorts: ClosedRange<UInt16>
  /// Of the underlay: AF_INET or AF_INET6.
  package let family: Int32
  package let hasChecksum: Bool
  package let makesRuns: Bool
  package let takesRuns: Bool
  /// nil: the interfaces' and the routes'.
  package let underlayMTU: Int?
  /// For each socket.
  package let bufferBytes: Int

  /// - Throws: neither group nor peers, addresses of two families, and what one option alone cannot show.
  package init(_ configuration: PortConfiguration) throws(TransportProblem) {
    vni = UInt32(configuration.integer("vni") ?? 0)
    port = UInt16(configuration.integer("port") ?? 4_789)
    peersOnly = configuration.boolean("peers-only") ?? false
    hops = configuration.integer("ttl").map { Int32($0) }
    serviceType = Int32(configuration.integer("tos") ?? 0)
    interface = configuration.interface("interface")
    hasChecksum = configuration.boolean("udp-checksum") ?? true
    makesRuns = configuration.boolean("gso") ?? true
    takesRuns = configuration.boolean("gro") ?? true
    underlayMTU = configuration.integer("underlay-mtu").map { Int($0) }
    bufferBytes = configuration.size("buffers") ?? 4 << 20
    group = try Self.group(configuration.address("group"))
    peers = try Self.peers(configuration.list("peers") ?? [])
    sourcePorts = try Self.sourcePorts(configuration.range("source-ports") ?? 49_152...65_535)
    let source = configuration.address("source").flatMap { IPAddress($0) }
    self.source = source
    guard group != nil || !peers.isEmpty else {
      throw TransportProblem("vxlan needs to know where others are: give a group, peers, or both", option: "peers")
    }
    if peersOnly && peers.isEmpty {
      throw TransportProblem("peers-only without peers lets nothing in: list the peers", option: "peers-only")
    }
    family = try Self.family(
      group: group, source: source, peers: peers, chosen: configuration.choice("family").map { $0 == 0 })
    if let source, source.isMulticast || source.isUnspecified {
      throw TransportProblem("\(source) is no address to send from: use one of this host", option: "source")
    }
    try checkScope()
  }

  private static func group(_ text: String?) throws(TransportProblem) -> IPAddress? {
    guard let text else { return nil }
    guard let group = IPAddress(text), group.isMulticast else {
      throw TransportProblem(
        "\(text) is not a multicast address: use one of 224.0.0.0/4 or ff00::/8, such as 239.1.1.42", option: "group")
    }
    return group
  }

  private static func peers(_ texts: [String]) throws(TransportProblem) -> [Peer] {
    guard texts.count <= mostPeers else {
      throw TransportProblem("\(texts.count) peers are too many: list at most \(mostPeers)", option: "peers")
    }
    var peers: [Peer] = []
    for text in texts {
      guard let address = IPAddress(text) else {
        let isName = !text.isEmpty && text.utf8.allSatisfy { isNameByte($0) } && text.utf8.count <= 253
        guard isName else {
          throw TransportProblem(
            "'\(text)' is no peer: write an address or a host name; the UDP port is the option port", option: "peers")
        }
        peers.append(.name(text))
        continue
      }
      guard !address.isMulticast, !address.isUnspecified else {
        throw TransportProblem(
          "\(address) is no peer's address: a multicast address goes into the option group", option: "peers")
      }
      peers.append(.address(address))
    }
    return peers
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func sourcePorts(_ range: ClosedRange<Int64>) throws(TransportProblem) -> ClosedRange<UInt16> {
    guard range.count >= leastSourcePorts else {
      throw TransportProblem(
        "\(range.lowerBound)-\(range.upperBound) is too narrow: a trunk wants \(leastSourcePorts) source ports",
        option: "source-ports")
    }
    return UInt16(range.lowerBound)...UInt16(range.upperBound)
  }

  /// The one family of all addresses; the option where there are only names.
  private static func family(
    group: IPAddress?, source: IPAddress?, peers: [Peer], chosen isIPv4: Bool?
  ) throws(TransportProblem) -> Int32 {
    var found: (family: Int32, text: String)?
    func add(_ address: IPAddress, _ option: String) throws(TransportProblem) {
      if let found, found.family != address.family {
        throw TransportProblem(
          "\(address) and \(found.text) cannot reach each other: use IPv4 or IPv6 for all", option: option)
      }
      found = found ?? (address.family, "\(address)")
    }
    if let group { try add(group, "group") }
    if let source { try add(source, "source") }
    for case .address(let address) in peers { try add(address, "peers") }
    let chosen = isIPv4.map { $0 ? AF_INET : AF_INET6 }
    if let found, let chosen, found.family != chosen {
      throw TransportProblem(
        "the family is that of \(found.text): leave the option out, it is for host names alone", option: "family")
    }
    return found?.family ?? chosen ?? AF_INET
  }

  private func checkScope() throws(TransportProblem) {
    for case .address(let address) in peers where address.isLinkLocal && interface == nil {
      throw TransportProblem("\(address) is on every link: name the interface", option: "interface")
    }
  }

  /// Peers of one trunk at most.
  package static let mostPeers = 512
  /// Source ports that are taken: the pool's, that of whole frames, and room for what others have.
  package static let leastSourcePorts = 16

  /// Bytes that come before a frame: IP, UDP and VXLAN headers.
  package var overhead: Int { (family == AF_INET ? 20 : 40) + 8 + 8 }
}

extension IPAddress {
  /// Of 127.0.0.0/8, or ::1.
  var isLoopback: Bool { family == AF_INET ? octets[0] == 127 : octets == [UInt8](repeating: 0, count: 15) + [1] }

  /// Of fe80::/10 (RFC 4291, section 2.5.6): it needs an interface.
  var isLinkLocal: Bool {
    let octets = self.octets
    return family == AF_INET6 && octets[0] == 0xfe && octets[1] & 0xc0 == 0x80
  }
}
