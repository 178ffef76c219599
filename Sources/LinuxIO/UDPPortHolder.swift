import CLinux
import Glibc

/// Who has a UDP port of this host's, so that nobody else can. Asks rtnetlink and reads through /proc, which takes
/// milliseconds: not for a thread that must not wait.
package enum UDPPortHolder: Hashable, Sendable {
  /// A VXLAN device of the kernel, in this network namespace.
  case device(name: String, vni: UInt32?)
  /// A process that has a socket there; the command as ps shows it.
  case process(Int32, command: String)
  /// No process that can be seen, while others cannot: one of them, or the kernel.
  case hidden
  /// No process has it: a socket of the kernel's own, such as that of a VXLAN device in another network namespace.
  case kernel

  /// - Parameter family: `AF_INET` or `AF_INET6`.
  package static func of(port: UInt16, family: Int32) -> UDPPortHolder {
    if let device = try? device(port: port) { return device }
    let table = TextFile.read(family == AF_INET ? "/proc/net/udp" : "/proc/net/udp6") ?? ""
    // The kernel's own sockets are listed like any other.
    guard let inode = inode(of: port, in: table) else { return .kernel }
    if let process = process(with: "socket:[\(inode)]") { return process }
    return geteuid() == 0 ? .kernel : .hidden
  }

  /// A device that has the port: `IFLA_VXLAN_*` of `<linux/if_link.h>`.
  private static func device(port: UInt16) throws(Errno) -> UDPPortHolder? {
    var body = NetlinkBytes()
    body.append(ifinfomsg())
    for answer in try NetlinkSocket().list(Int32(RTM_GETLINK), body) {
      let attributes = MemoryLayout<ifinfomsg>.size
      guard let link = answer.load(ifinfomsg.self, at: 0), link.ifi_flags & UInt32(IFF_UP) != 0,
        let information = answer.attribute(Int(IFLA_LINKINFO), from: attributes),
        information.attribute(Int(IFLA_INFO_KIND), from: 0)?.string == "vxlan",
        let data = information.attribute(Int(IFLA_INFO_DATA), from: 0),
        data.attribute(Int(IFLA_VXLAN_PORT), from: 0)?.load(UInt16.self, at: 0) == port.bigEndian,
        let name = answer.attribute(Int(IFLA_IFNAME), from: attributes)?.string
      else { continue }
      // One that collects metadata has no VNI of its own.
      let isExternal = data.attribute(Int(IFLA_VXLAN_COLLECT_METADATA), from: 0)?.load(UInt8.self, at: 0) ?? 0 != 0
      let vni = data.attribute(Int(IFLA_VXLAN_ID), from: 0)?.load(UInt32.self, at: 0)
      return .device(name: name, vni: isExternal ? nil : vni)
    }
    return nil
  }

  /// The inode of a socket bound to that port in /proc/net/udp or udp6: the local address is the second column,
  /// "ADDRESS:PORT" in hexadecimal, the inode the tenth.
  static func inode(of port: UInt16, in table: String) -> String? {
    for line in table.split(separator: "\n").dropFirst() {
      let columns = line.split(separator: " ")
      guard columns.count > 9, let colon = columns[1].lastIndex(of: ":") else { continue }
      if UInt16(columns[1][columns[1].index(after: colon)...], radix: 16) == port { return String(columns[9]) }
    }
    return nil
  }

  private static func process(with link: String) -> UDPPortHolder? {
    for entry in TextFile.names(in: "/proc") {
      guard let process = Int32(entry) else { continue }
      for number in TextFile.names(in: "/proc/\(entry)/fd")
      where TextFile.link("/proc/\(entry)/fd/\(number)") == link {
        let command = TextFile.read("/proc/\(entry)/comm")?.split(separator: "\n").first ?? "?"
        return .process(process, command: String(command))
      }
    }
    return nil
  }
}
