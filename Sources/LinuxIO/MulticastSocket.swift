import CLinux
import Glibc

/// UDP sockets of a multicast group, IPv4 or IPv6.
package enum MulticastSocket {
  /// A socket that hears the group on one interface, and nothing else: no unicast, no other group, no other interface.
  ///
  /// It is bound to group and port, shares them with other programs, and is a member on that interface.
  package static func receiver(_ group: IPAddress, port: UInt16, interface: UInt32) throws(Errno) -> Descriptor {
    let socket = try datagramSocket(group.family)
    try setSocketOption(socket.number, SOL_SOCKET, SO_REUSEADDR, 1)
    if group.family == AF_INET {
      // With 0 the kernel compares group and interface of each datagram with this socket's own memberships.
      try setSocketOption(socket.number, IPPROTO.ip, IP_MULTICAST_ALL, 0)
    } else {
      try setSocketOption(socket.number, IPPROTO.ipv6, IPV6_V6ONLY, 1)
      // IPv6 compares the group alone, so that another program's membership would let in other interfaces.
      try setSocketOption(socket.number, IPPROTO.ipv6, IPV6_MULTICAST_ALL, 0)
      try setSocketOption(socket.number, SOL_SOCKET, SO_BINDTOIFINDEX, Int32(bitPattern: interface))
    }
    let number = socket.number
    _ = try retrying {
      unsafe SocketAddress(group, port: port, scope: interface).withSockaddr { unsafe bind(number, $0, $1) }
    }
    try changeMembership(number, group, interface: interface, MCAST_JOIN_GROUP)
    return socket
  }

  /// Makes a socket a member on one interface; it may be one already.
  package static func join(_ group: IPAddress, interface: UInt32, socket: Int32) throws(Errno) {
    do throws(Errno) {
      try changeMembership(socket, group, interface: interface, MCAST_JOIN_GROUP)
    } catch {
      if error.code != EADDRINUSE { throw error }
    }
  }

  /// Ends a membership; the interface may be gone. After the last one, closing the socket takes no lock of the network
  /// configuration.
  package static func leave(_ group: IPAddress, interface: UInt32, socket: Int32) throws(Errno) {
    try changeMembership(socket, group, interface: interface, MCAST_LEAVE_GROUP)
  }

  /// A socket that sends to the group by one interface, from an address and a port of its own, and lets members on this
  /// host hear it. It receives nothing.
  /// - Parameters:
  ///   - source: the local address; nil: the kernel chooses.
  ///   - hops: the TTL or hop limit, 0–255.
  package static func sender(
    _ group: IPAddress, port: UInt16, interface: UInt32, source: IPAddress?, hops: Int32
  ) throws(Errno) -> Descriptor {
    let socket = try datagramSocket(group.family)
    let number = socket.number
    if group.family == AF_INET {
      try setSocketOption(number, IPPROTO.ip, IP_MULTICAST_LOOP, 1)
    } else {
      try setSocketOption(number, IPPROTO.ipv6, IPV6_V6ONLY, 1)
      try setSocketOption(number, IPPROTO.ipv6, IPV6_MULTICAST_LOOP, 1)
    }
    try setInterface(interface, family: group.family, socket: number)
    try setHops(hops, family: group.family, socket: number)
    try setFragmenting(true, family: group.family, socket: number)
    if let source {
      let local = SocketAddress(source, port: 0, scope: interface)
      _ = try retrying { unsafe local.withSockaddr { unsafe bind(number, $0, $1) } }
    }
    let remote = SocketAddress(group, port: port, scope: interface)
    _ = try retrying { unsafe remote.withSockaddr { unsafe connect(number, $0, $1) } }
    return socket
  }

  /// Sets the TTL (`AF_INET`) or hop limit (`AF_INET6`) of multicast datagrams, 0–255.
  package static func setHops(_ hops: Int32, family: Int32, socket: Int32) throws(Errno) {
    if family == AF_INET {
      try setSocketOption(socket, IPPROTO.ip, IP_MULTICAST_TTL, hops)
    } else {
      try setSocketOption(socket, IPPROTO.ipv6, IPV6_MULTICAST_HOPS, hops)
    }
  }

  /// Says what becomes of a datagram that is longer than the interface takes in one piece: it is fragmented, here or by
  /// a router on the way, or it is refused (`EMSGSIZE`) and routers are told not to fragment it either. What others
  /// report of a path's MTU is not heeded, because anybody can send that.
  /// - Parameter family: `AF_INET` or `AF_INET6`.
  package static func setFragmenting(_ isAllowed: Bool, family: Int32, socket: Int32) throws(Errno) {
    if family == AF_INET {
      try setSocketOption(
        socket, IPPROTO.ip, IP_MTU_DISCOVER, isAllowed ? IP_PMTUDISC_OMIT : IP_PMTUDISC_PROBE)
    } else {
      try setSocketOption(
        socket, IPPROTO.ipv6, IPV6_MTU_DISCOVER, isAllowed ? IPV6_PMTUDISC_OMIT : IPV6_PMTUDISC_PROBE)
    }
  }

  /// Says whether datagrams of equal length from one sender may come in as one message (`UDP_GRO`).
  package static func setMerging(_ isWanted: Bool, socket: Int32) throws(Errno) {
    try setSocketOption(socket, UDPOption.level, UDPOption.gro, isWanted ? 1 : 0)
  }

  /// Sets the interface by which multicast datagrams leave; 0: the route decides.
  package static func setInterface(_ interface: UInt32, family: Int32, socket: Int32) throws(Errno) {
    guard family == AF_INET else {
      return try setSocketOption(socket, IPPROTO.ipv6, IPV6_MULTICAST_IF, Int32(bitPattern: interface))
    }
    var request = ip_mreqn()
    request.imr_ifindex = Int32(bitPattern: interface)
    let size = socklen_t(MemoryLayout<ip_mreqn>.size)
    _ = try retrying { unsafe setsockopt(socket, IPPROTO.ip, IP_MULTICAST_IF, &request, size) }
  }

  private static func datagramSocket(_ family: Int32) throws(Errno) -> Descriptor {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    return Descriptor(owning: try retrying { socket(family, type, 0) })
  }

  private static func changeMembership(
    _ socket: Int32, _ group: IPAddress, interface: UInt32, _ change: Int32
  ) throws(Errno) {
    var request = group_req()
    request.gr_interface = interface
    _ = unsafe withUnsafeMutableBytes(of: &request.gr_group) {
      unsafe SocketAddress(group, port: 0).write(to: $0)
    }
    let level = group.family == AF_INET ? IPPROTO.ip : IPPROTO.ipv6
    let size = socklen_t(MemoryLayout<group_req>.size)
    _ = try retrying { unsafe setsockopt(socket, level, change, &request, size) }
  }
}

/// Protocol numbers as socket option levels: Glibc imports them as values of an enumeration.
package enum IPPROTO {
  package static let ip = Int32(IPPROTO_IP)
  package static let ipv6 = Int32(IPPROTO_IPV6)
}
