package import AgentAPI
import Glibc
package import LinuxIO

/// The IP network below a port of transport `mcast` or `vxlan`, by the port's options.
package struct Underlay {
  package let port: Port
  package let udpPort: UInt16
  /// Nil: peers alone.
  package let group: IPAddress?
  /// Those that are written as addresses.
  package let peers: [IPAddress]
  /// Nil: the routes decide.
  package let interface: String?
  /// Of datagrams to the group.
  package let hops: Int
  /// Bytes before a frame in a packet: IP, UDP and the transport's own header.
  package let overhead: Int

  /// - Returns: nil for another transport.
  package init?(_ port: Port) {
    func option(_ name: String) -> String? { port.options[name]?.first }
    guard ["mcast", "vxlan"].contains(port.transport), let number = option("port").flatMap({ UInt16($0) }) else {
      return nil
    }
    self.port = port
    udpPort = number
    group = option("group").flatMap { IPAddress($0) }
    peers = (port.options["peers"] ?? []).compactMap { IPAddress($0) }
    interface = option("interface")
    hops = option("ttl").flatMap { Int($0) } ?? 1
    let isIPv6 = (group ?? peers.first)?.family == AF_INET6 || option("family") == "ipv6"
    overhead = (isIPv6 ? 40 : 20) + 8 + (port.transport == "vxlan" ? 8 : 0)
  }

  package var isVXLAN: Bool { port.transport == "vxlan" }
  package var family: Int32 { overhead >= 48 ? AF_INET6 : AF_INET }
  /// Where it sends to.
  package var destinations: [IPAddress] { (group.map { [$0] } ?? []) + peers }

  /// The group and port, or the port alone, for people.
  package var place: String { group.map { "\(SocketAddress($0, port: udpPort))" } ?? "UDP port \(udpPort)" }

  /// Bytes of the kernel's buffer that it asks for.
  package var wantedBuffer: Int {
    let text = port.options["buffers"]?.first ?? ""
    let shift = ["K": 10, "M": 20, "G": 30][text.last.map(String.init) ?? ""]
    return (Int(shift == nil ? text : String(text.dropLast())) ?? 0) << (shift ?? 0)
  }
}
