package import LinuxIO

/// The network of this host as it is now, as far as it bears on an agent's ports.
package struct HostFacts {
  package struct Link: Equatable {
    package var name: String
    package var isUp = true
    package var hasCarrier = true
    package var takesMulticast = true
    package var isLoopback = false
    /// Neither a physical link nor a veth: its MTU may be small because of what it puts before each packet.
    package var isTunnel = false
    package var mtu = 1_500
    package var addresses: [IPPrefix] = []
    /// The bridge that it is, or is a port of, and how that treats multicast.
    package var bridge: String?
    package var snooping: BridgeProperties?
    /// The kernel's rp_filter for it: 1 is strict.
    package var reversePathFilter = 0

    package init(name: String) { self.name = name }

    /// Its addresses of one family.
    package func addresses(_ family: Int32) -> [IPPrefix] { addresses.filter { $0.address.family == family } }
  }

  /// How a destination is reached.
  package struct Way: Equatable {
    package var interface: String
    /// By a router.
    package var isRouted: Bool

    package init(interface: String, isRouted: Bool) {
      self.interface = interface
      self.isRouted = isRouted
    }
  }

  /// In whose network this was found out.
  package enum Namespace: Equatable {
    /// The agent's, which is the caller's.
    case shared
    /// The agent's, which the caller has entered.
    case entered(process: Int)
    /// The caller's, and the agent has another: what was found does not hold for it.
    case other(process: Int)
    /// The caller's; whether it is the agent's is not known.
    case unknown(process: Int)
  }

  package var namespace = Namespace.shared
  package var links: [Link] = []
  /// Destinations without a way have no route.
  package var ways: [IPAddress: Way] = [:]
  /// The interfaces on which a group has been joined.
  package var members: [IPAddress: [String]] = [:]
  /// Nil: the kernel does not say.
  package var sockets: [UDPSocketState]?
  /// Who has the UDP ports that ports of the agent wait for.
  package var holders: [UInt16: UDPPortHolder] = [:]
  /// Nil: the caller may not read it; see `firewallProblem`.
  package var firewall: Firewall?
  package var firewallProblem = ""
  /// What helps against that; nil: to be root.
  package var firewallRemedy: String?
  /// There are rules of the old iptables, which nftables does not show.
  package var hasOldFirewall = false
  package var nativeGuests: [NativeGuest] = []
  /// Something such as NTP keeps its clock; nil: the kernel does not say.
  package var isClockSynchronised: Bool?

  package init() {}

  package func link(_ name: String) -> Link? { links.first { $0.name == name } }
}

/// A process that was started with `ethN=mcast` (User Mode Linux).
package struct NativeGuest: Equatable {
  package var process: Int
  /// Its umid, or the name of its program.
  package var name: String
  /// Such as "eth0".
  package var device: String
  package var group: String
  package var udpPort: Int
  /// Of its kernel; nil: not found in its program.
  package var release: String?
  /// It has the group's UDP port open; nil: the caller may not know.
  package var hasSocket: Bool?

  package init(
    process: Int, name: String, device: String, group: String, udpPort: Int, release: String?, hasSocket: Bool?
  ) {
    self.process = process
    self.name = name
    self.device = device
    self.group = group
    self.udpPort = udpPort
    self.release = release
    self.hasSocket = hasSocket
  }
}
