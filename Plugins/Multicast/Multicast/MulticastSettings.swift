package import LinuxIO
package import TransportKit

/// What a configuration says of a multicast trunk.
package struct MulticastSettings: Sendable {
  /// The default of `eth0=mcast`.
  package static let defaultGroup = "239.192.168.1"

  package let group: IPAddress
  package let port: UInt16
  /// TTL or hop limit.
  package let hops: Int32
  /// nil: the route decides.
  package let interface: String?
  /// nil: the kernel chooses.
  package let source: IPAddress?
  /// For each socket.
  package let bufferBytes: Int

  /// - Throws: a role that does not exist yet, a group that is none, addresses of two families.
  package init(_ configuration: PortConfiguration) throws(TransportProblem) {
    if configuration.role == .guest {
      throw TransportProblem("mcast cannot carry a guest port yet, that comes in a later version: use role: trunk")
    }
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
    self.group = group
    self.source = source
    port = UInt16(configuration.integer("port") ?? 1_102)
    hops = Int32(configuration.integer("ttl") ?? 1)
    interface = configuration.interface("interface")
    bufferBytes = configuration.size("buffers") ?? 4 << 20
  }
}
