import CLinux
import Glibc

/// Questions about interfaces and routes of this network namespace, answered by rtnetlink.
package enum Interfaces {
  /// The interface of that name; nil when there is none.
  package static func named(_ name: String) throws(Errno) -> Interface? {
    var body = NetlinkBytes()
    body.append(ifinfomsg())
    body.appendAttribute(Int(IFLA_IFNAME), Array(name.utf8) + [0])
    return try interface(body)
  }

  /// The interface of that index; nil when there is none.
  package static func numbered(_ index: UInt32) throws(Errno) -> Interface? {
    var body = NetlinkBytes()
    var link = ifinfomsg()
    link.ifi_index = Int32(index)
    body.append(link)
    return try interface(body)
  }

  /// The index of the interface by which the routing table sends to `destination`.
  /// - Parameter source: the sender's own address, when it is given.
  /// - Returns: nil when there is no route.
  /// - Throws: `EINVAL` when `source` is no address of this host.
  package static func routing(to destination: IPAddress, from source: IPAddress? = nil) throws(Errno) -> UInt32? {
    try route(to: destination, from: source)?.interface
  }

  /// The way by which the routing table sends to `destination`; the rest is as in `routing`.
  package static func route(to destination: IPAddress, from source: IPAddress? = nil) throws(Errno) -> Route? {
    var route = rtmsg()
    route.rtm_family = UInt8(destination.family)
    route.rtm_dst_len = UInt8(destination.length * 8)
    route.rtm_src_len = UInt8((source?.length ?? 0) * 8)
    var body = NetlinkBytes()
    body.append(route)
    body.appendAttribute(Int(RTA_DST.rawValue), destination.octets)
    if let source { body.appendAttribute(Int(RTA_SRC.rawValue), source.octets) }
    do throws(Errno) {
      return Route(reading: try NetlinkSocket().ask(Int32(RTM_GETROUTE), body).body)
    } catch {
      if [ENETUNREACH, EHOSTUNREACH, EACCES, ESRCH].contains(error.code) { return nil }
      throw error
    }
  }

  /// All interfaces.
  package static func all() throws(Errno) -> [Interface] {
    var body = NetlinkBytes()
    body.append(ifinfomsg())
    return try NetlinkSocket().list(Int32(RTM_GETLINK), body).compactMap { Interface(reading: $0) }
  }

  private static func interface(_ question: NetlinkBytes) throws(Errno) -> Interface? {
    do throws(Errno) {
      guard let found = Interface(reading: try NetlinkSocket().ask(Int32(RTM_GETLINK), question).body) else {
        throw Errno(EBADMSG)
      }
      return found
    } catch {
      if error.code == ENODEV { return nil }
      throw error
    }
  }
}

/// A way to a destination.
package struct Route: Hashable, Sendable {
  /// The index of the interface.
  package let interface: UInt32
  /// It leads to a router, not to the destination itself.
  package let hasGateway: Bool
  /// What the route itself says of its MTU, in bytes; nil: the interface's. What ICMP has told does not count: anybody
  /// can send that.
  package let mtu: Int?

  /// A route out of the body of an `RTM_NEWROUTE`; nil when it leads nowhere.
  init?(reading answer: NetlinkBytes) {
    let attributes = MemoryLayout<rtmsg>.size
    guard let found = answer.load(rtmsg.self, at: 0), found.rtm_type != RTN_UNREACHABLE,
      let interface = answer.attribute(Int(RTA_OIF.rawValue), from: attributes)?.load(UInt32.self, at: 0)
    else { return nil }
    self.interface = interface
    hasGateway =
      answer.attribute(Int(RTA_GATEWAY.rawValue), from: attributes) != nil
      || answer.attribute(Int(RTA_VIA.rawValue), from: attributes) != nil
    // struct rta_cacheinfo: the third word says when what was learned expires.
    let expires = answer.attribute(Int(RTA_CACHEINFO.rawValue), from: attributes)?.load(Int32.self, at: 8) ?? 0
    let metrics = answer.attribute(Int(RTA_METRICS.rawValue), from: attributes)
    // RTAX_MTU of <linux/rtnetlink.h>.
    mtu = expires == 0 ? metrics?.attribute(2, from: 0)?.load(UInt32.self, at: 0).map { Int($0) } : nil
  }
}
