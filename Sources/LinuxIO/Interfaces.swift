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
    var route = rtmsg()
    route.rtm_family = UInt8(destination.family)
    route.rtm_dst_len = UInt8(destination.length * 8)
    route.rtm_src_len = UInt8((source?.length ?? 0) * 8)
    var body = NetlinkBytes()
    body.append(route)
    body.appendAttribute(Int(RTA_DST.rawValue), destination.octets)
    if let source { body.appendAttribute(Int(RTA_SRC.rawValue), source.octets) }
    do throws(Errno) {
      let answer = try NetlinkSocket().ask(Int32(RTM_GETROUTE), body).body
      let attributes = MemoryLayout<rtmsg>.size
      guard let found = answer.load(rtmsg.self, at: 0), found.rtm_type != RTN_UNREACHABLE else { return nil }
      return answer.attribute(Int(RTA_OIF.rawValue), from: attributes)?.load(UInt32.self, at: 0)
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
