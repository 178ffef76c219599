import CLinux
import Glibc

/// UDP sockets of a tunnel over IPv4 (`AF_INET`) or IPv6 (`AF_INET6`): one that hears everything that is sent to a port
/// of this host, and some that send to groups and single hosts from ports of their own.
package enum TunnelSocket {
  /// A socket that hears a port at every address of this host, and the groups that it joins; no other program has that
  /// port beside it. It tells where each datagram was addressed, and takes datagrams without a checksum.
  /// - Throws: `EADDRINUSE`; `EACCES` when the port needs a privilege.
  package static func receiver(family: Int32, port: UInt16) throws(Errno) -> Descriptor {
    let socket = try datagramSocket(family)
    let number = socket.number
    if family == AF_INET {
      try setSocketOption(number, IPPROTO.ip, IP_MULTICAST_ALL, 0)
      try setSocketOption(number, IPPROTO.ip, IP_PKTINFO, 1)
    } else {
      try setSocketOption(number, IPPROTO.ipv6, IPV6_V6ONLY, 1)
      try setSocketOption(number, IPPROTO.ipv6, IPV6_MULTICAST_ALL, 0)
      try setSocketOption(number, IPPROTO.ipv6, IPV6_RECVPKTINFO, 1)
      try setSocketOption(number, UDPOption.level, UDPOption.noChecksumReceived6, 1)
    }
    try bind(socket, to: nil, family: family, port: port)
    return socket
  }

  /// A socket that sends, and keeps nothing that is sent to it. Members on this host do not hear what it sends to groups.
  /// What ICMP says of a path's MTU, which anybody can send, is not believed.
  /// - Parameters:
  ///   - source: the local address; nil: the kernel chooses.
  ///   - keepsWhole: what is longer than the interface's MTU is refused with `EMSGSIZE`, and what leaves is not
  ///     fragmented on its way; else the kernel makes fragments.
  /// - Throws: `EADDRINUSE`; `EADDRNOTAVAIL` when `source` is not of this host.
  package static func sender(
    family: Int32, source: IPAddress?, port: UInt16, keepsWhole: Bool
  ) throws(Errno) -> Descriptor {
    let socket = try datagramSocket(family)
    let number = socket.number
    try MulticastSocket.setFragmenting(!keepsWhole, family: family, socket: number)
    if family == AF_INET {
      try setSocketOption(number, IPPROTO.ip, IP_MULTICAST_LOOP, 0)
    } else {
      try setSocketOption(number, IPPROTO.ipv6, IPV6_V6ONLY, 1)
      try setSocketOption(number, IPPROTO.ipv6, IPV6_MULTICAST_LOOP, 0)
    }
    // The least that the kernel grants: nobody reads it.
    try setSocketOption(number, SOL_SOCKET, SO_RCVBUF, 1)
    try bind(socket, to: source, family: family, port: port)
    return socket
  }

  /// What may change while a sender is used, from any thread.
  package struct Settings: Hashable, Sendable {
    /// TTL or hop limit, 1–255.
    package var groupHops: Int32
    package var hostHops: Int32
    /// The type of service or traffic class, 0–255.
    package var serviceType: Int32
    /// The interface by which groups are reached; 0: the route decides.
    package var groupInterface: UInt32
    /// The interface by which single hosts are reached; 0: the route decides.
    package var hostInterface: UInt32
    /// Whether datagrams have a checksum.
    package var hasChecksum: Bool

    package init(
      groupHops: Int32, hostHops: Int32, serviceType: Int32, groupInterface: UInt32, hostInterface: UInt32,
      hasChecksum: Bool
    ) {
      self.groupHops = groupHops
      self.hostHops = hostHops
      self.serviceType = serviceType
      self.groupInterface = groupInterface
      self.hostInterface = hostInterface
      self.hasChecksum = hasChecksum
    }
  }

  /// Puts settings into force.
  package static func apply(_ settings: Settings, family: Int32, socket: Int32) throws(Errno) {
    try MulticastSocket.setHops(settings.groupHops, family: family, socket: socket)
    try MulticastSocket.setInterface(settings.groupInterface, family: family, socket: socket)
    // In network byte order, unlike every other interface index.
    let hostInterface = Int32(bitPattern: settings.hostInterface.bigEndian)
    if family == AF_INET {
      try setSocketOption(socket, IPPROTO.ip, IP_TTL, settings.hostHops)
      try setSocketOption(socket, IPPROTO.ip, IP_TOS, settings.serviceType)
      try setSocketOption(socket, IPPROTO.ip, IP_UNICAST_IF, hostInterface)
      try setSocketOption(socket, SOL_SOCKET, SO_NO_CHECK, settings.hasChecksum ? 0 : 1)
    } else {
      try setSocketOption(socket, IPPROTO.ipv6, IPV6_UNICAST_HOPS, settings.hostHops)
      try setSocketOption(socket, IPPROTO.ipv6, IPV6_TCLASS, settings.serviceType)
      try setSocketOption(socket, IPPROTO.ipv6, IPV6_UNICAST_IF, hostInterface)
      try setSocketOption(socket, UDPOption.level, UDPOption.noChecksumSent6, settings.hasChecksum ? 0 : 1)
    }
  }

  private static func datagramSocket(_ family: Int32) throws(Errno) -> Descriptor {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    return Descriptor(owning: try retrying { socket(family, type, 0) })
  }

  private static func bind(
    _ socket: borrowing Descriptor, to address: IPAddress?, family: Int32, port: UInt16
  ) throws(Errno) {
    let number = socket.number
    let local = SocketAddress(address ?? IPAddress(family: family, bytes: InlineBytes16()), port: port)
    _ = try retrying { unsafe local.withSockaddr { unsafe Glibc.bind(number, $0, $1) } }
  }
}
