import CTransport
import Glibc
package import LinuxIO
package import TransportKit

/// What a configuration says of a port over a multicast group.
package struct MulticastSettings: Sendable {
  /// The default of `eth0=mcast`.
  package static let defaultGroup = "239.192.168.1"

  package let role: TransportRole
  package let group: IPAddress
  package let port: UInt16
  /// nil: the route decides.
  package let interface: String?
  /// nil: the kernel chooses.
  package let source: IPAddress?
  /// Bytes of the longest IP packet that passes the underlay in one piece; nil: what the interface says.
  package let underlayMTU: Int?
  /// The TTL is 0 of a guest port.
  let tuning: MulticastTuning

  /// - Throws: a group that is none, addresses of two families, what makes no sense for a guest port.
  package init(_ configuration: PortConfiguration) throws(TransportProblem) {
    let groupText = configuration.address("group") ?? MulticastSettings.defaultGroup
    guard let group = IPAddress(groupText), group.isMulticast else {
      throw TransportProblem(
        "\(groupText) is not a multicast address: use one of 224.0.0.0/4 or ff00::/8, such as 239.192.168.1",
        option: "group")
    }
    var source: IPAddress?
    if let text = configuration.address("source") {
      source = IPAddress(text)
      guard let source, source.family == group.family, !source.isMulticast, !source.isUnspecified else {
        throw TransportProblem(
          "\(text) cannot send to \(group): use an address of this host, of the same family", option: "source")
      }
    }
    role = configuration.role
    self.group = group
    self.source = source
    if role == .guest { try MulticastSettings.checkGuest(configuration, group) }
    port = UInt16(configuration.integer("port") ?? 1_102)
    interface = configuration.interface("interface")
    underlayMTU = configuration.integer("underlay-mtu").map { Int($0) }
    tuning = MulticastTuning(
      hops: role == .guest ? 0 : Int32(configuration.integer("ttl") ?? 1),
      bufferBytes: configuration.size("buffers") ?? 4 << 20,
      makesRuns: configuration.boolean("gso") ?? true, merges: configuration.boolean("gro") ?? true)
  }

  /// A guest port stays on this host: where to, by what and how far is not to be chosen.
  private static func checkGuest(_ configuration: PortConfiguration, _ group: IPAddress) throws(TransportProblem) {
    // Linux rejects what a route sends through lo to an IPv6 group, and native guests know IPv4 alone.
    guard group.family == AF_INET else {
      throw TransportProblem("native guests use IPv4 groups alone: use one, or role: trunk", option: "group")
    }
    let given = [
      ("interface", configuration.interface("interface") != nil), ("source", configuration.address("source") != nil),
      ("ttl", ![nil, 1].contains(configuration.integer("ttl"))),
      ("underlay-mtu", configuration.integer("underlay-mtu") != nil),
    ]
    if let (name, _) = given.first(where: { $0.1 }) {
      throw TransportProblem("a guest port's frames do not leave this host: leave \(name) out", option: name)
    }
  }

  /// Bytes of the longest datagram that an interface takes in one piece, without its IP and UDP headers.
  func longestPayload(of interface: Interface) -> Int {
    // IPv4 has no options here.
    (underlayMTU ?? interface.mtu) - (group.family == AF_INET ? 28 : 48)
  }

  /// Bytes of the longest frame whose datagram leaves by that interface in one piece; 0: any does.
  func wholeFrame(of interface: Interface) -> UInt32 {
    let longest = longestPayload(of: interface)
    return longest >= Int(UMBEL_LARGEST_SEGMENT) ? 0 : UInt32(max(longest, 14))
  }
}
