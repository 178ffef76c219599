import CLinux
import Glibc

// What makes a host answer for a guest that is reached through it: a route of one address, and entries by which the
// host's other interfaces answer ARP for it (arp(7), "published").

extension Interfaces {
  /// A route to one address through an interface.
  package struct HostRoute: Sendable {
    package var destination: IPAddress
    /// The index of the interface.
    package var interface: UInt32
    /// Who made it, `rtm_protocol`; removal leaves those of others alone.
    package var maker = UInt8(RTPROT_BOOT)
    /// Whether what takes it stays on this host (`RT_SCOPE_HOST`), so that it may be sent from 127.0.0.1.
    package var isOfHost = false

    package init(to destination: IPAddress, through interface: UInt32) {
      self.destination = destination
      self.interface = interface
    }
  }

  /// Adds a route.
  /// - Returns: false: there is a route to that address already, through this interface or another.
  package static func add(_ route: HostRoute) throws(NetlinkRefusal) -> Bool {
    try isNew { () throws(NetlinkRefusal) in
      try order(Int32(RTM_NEWROUTE), flags: NLM_F_CREATE | NLM_F_EXCL, routeBody(route))
    }
  }

  /// Removes that route. `ESRCH`: there is none.
  package static func remove(_ route: HostRoute) throws(NetlinkRefusal) {
    try order(Int32(RTM_DELROUTE), routeBody(route))
  }

  private static func routeBody(_ route: HostRoute) -> NetlinkBytes {
    var header = rtmsg()
    header.rtm_family = UInt8(route.destination.family)
    header.rtm_dst_len = UInt8(route.destination.length * 8)
    header.rtm_table = UInt8(RT_TABLE_MAIN.rawValue)
    header.rtm_protocol = route.maker
    header.rtm_scope = UInt8((route.isOfHost ? RT_SCOPE_HOST : RT_SCOPE_LINK).rawValue)
    header.rtm_type = UInt8(RTN_UNICAST)
    var body = NetlinkBytes()
    body.append(header)
    body.appendAttribute(Int(RTA_DST.rawValue), route.destination.octets)
    body.appendAttribute(Int(RTA_OIF.rawValue), route.interface)
    return body
  }

  /// Whether an interface answers ARP for that address by an entry of its own.
  package static func publishes(_ address: IPAddress, on index: UInt32) throws(Errno) -> Bool {
    do throws(Errno) {
      _ = try NetlinkSocket().ask(Int32(RTM_GETNEIGH), proxyBody(address, index))
      return true
    } catch {
      if error.code == ENOENT { return false }
      throw error
    }
  }

  /// Makes an interface answer ARP for that address. No error when it does so already: ask `publishes` before.
  package static func publish(_ address: IPAddress, on index: UInt32) throws(NetlinkRefusal) {
    try order(Int32(RTM_NEWNEIGH), flags: NLM_F_CREATE, proxyBody(address, index))
  }

  /// Ends that.
  package static func unpublish(_ address: IPAddress, on index: UInt32) throws(NetlinkRefusal) {
    try order(Int32(RTM_DELNEIGH), proxyBody(address, index))
  }

  private static func proxyBody(_ address: IPAddress, _ index: UInt32) -> NetlinkBytes {
    var header = ndmsg()
    header.ndm_family = UInt8(address.family)
    header.ndm_ifindex = Int32(bitPattern: index)
    header.ndm_flags = UInt8(NTF_PROXY)
    var body = NetlinkBytes()
    body.append(header)
    body.appendAttribute(Int(NDA_DST), address.octets)
    return body
  }
}
