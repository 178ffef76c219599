import CLinux
package import Ethernet
import Glibc
package import LinuxIO
package import TransportKit

/// What a configuration says of a TAP port. What is nil or empty stays as the device has it.
package struct TapSettings: Sendable {
  /// nil: the next free tapN.
  package let device: String?
  package let isPersistent: Bool?
  package let user: UInt32?
  package let group: UInt32?
  /// Of the host's end.
  package let mac: MACAddress?
  /// For the host's end when none is named: from its IPv4 address.
  package let derivedMAC: MACAddress?
  package let mtu: Int?
  /// Of the host's end.
  package let addresses: [IPPrefix]
  package let bridge: String?
  package let offload: Bool
  /// The guest whose traffic this host routes and answers ARP for.
  package let guest: IPAddress?

  /// - Throws: a value that cannot be, or values that exclude each other.
  package init(_ configuration: PortConfiguration) throws(TransportProblem) {
    device = configuration.interface("device")
    isPersistent = configuration.boolean("persistent")
    user = try TapSettings.account(configuration.string("user"), "user", "/etc/passwd", LocalAccounts.user)
    group = try TapSettings.account(configuration.string("group"), "group", "/etc/group", LocalAccounts.group)
    mtu = configuration.integer("mtu").map { Int($0) }
    bridge = configuration.interface("bridge")
    offload = configuration.boolean("offload") ?? true
    addresses = try TapSettings.prefixes(configuration.list("address") ?? [])
    derivedMAC = addresses.first { $0.address.family == AF_INET }.map { address in
      MACAddress(derivedFromIPv4: address.address.octets.reduce(0) { $0 << 8 | UInt32($1) })
    }
    mac = try TapSettings.stationAddress(configuration.string("mac"))
    guest = try TapSettings.guestAddress(configuration.address("route-guest"))
    if let bridge, bridge == device {
      throw TransportProblem("\(bridge) cannot be a port of itself: name a bridge", option: "bridge")
    }
    if guest != nil, bridge != nil {
      throw TransportProblem(
        "a guest behind a bridge is not routed: leave out route-guest or bridge", option: "route-guest")
    }
  }

  private static func account(
    _ text: String?, _ option: String, _ file: String, _ find: (String) -> UInt32?
  ) throws(TransportProblem) -> UInt32? {
    guard let text else { return nil }
    if let number = find(text) { return number }
    throw TransportProblem("\(file) has no \(option) \(text): write another, or a number", option: option)
  }

  private static func prefixes(_ texts: [String]) throws(TransportProblem) -> [IPPrefix] {
    var prefixes: [IPPrefix] = []
    for text in texts {
      guard let prefix = IPPrefix(text), !prefix.address.isMulticast, !prefix.address.isUnspecified else {
        throw TransportProblem(
          "\(text) is no address of a host: write ADDRESS/PREFIX, such as 192.168.0.254/24", option: "address")
      }
      prefixes.append(prefix)
    }
    return prefixes
  }

  private static func stationAddress(_ text: String?) throws(TransportProblem) -> MACAddress? {
    guard let text else { return nil }
    guard let address = try? MACAddress(parsing: text) else {
      throw TransportProblem("\(text) is no MAC address: write six pairs, such as fe:fd:00:00:00:01", option: "mac")
    }
    if address.isGroup {
      throw TransportProblem("\(text) is a group address: make its first byte even, such as fe", option: "mac")
    }
    if address.rawValue == 0 { throw TransportProblem("a device cannot have \(text): write another", option: "mac") }
    return address
  }

  private static func guestAddress(_ text: String?) throws(TransportProblem) -> IPAddress? {
    guard let text else { return nil }
    guard let address = IPAddress(text), address.family == AF_INET, !address.isMulticast, !address.isUnspecified else {
      throw TransportProblem(
        "\(text) cannot be routed to a guest: write its IPv4 address, such as 192.168.0.253", option: "route-guest")
    }
    return address
  }
}
