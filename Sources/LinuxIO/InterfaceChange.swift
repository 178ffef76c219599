import CLinux
import Glibc

/// What is to change of an interface; what is nil stays.
package struct InterfaceChange: Sendable {
  package var isUp: Bool?
  package var mtu: Int?
  /// Six bytes.
  package var hardwareAddress: [UInt8]?
  /// The index of the bridge to be a port of; 0: of none.
  package var master: UInt32?

  package init(isUp: Bool? = nil, mtu: Int? = nil, hardwareAddress: [UInt8]? = nil, master: UInt32? = nil) {
    self.isUp = isUp
    self.mtu = mtu
    self.hardwareAddress = hardwareAddress
    self.master = master
  }
}

extension Interfaces {
  /// Changes an interface. `EPERM`: without CAP_NET_ADMIN.
  package static func change(_ index: UInt32, _ change: InterfaceChange) throws(NetlinkRefusal) {
    var link = ifinfomsg()
    link.ifi_index = Int32(bitPattern: index)
    if let isUp = change.isUp {
      link.ifi_change = UInt32(IFF_UP)
      link.ifi_flags = isUp ? UInt32(IFF_UP) : 0
    }
    var body = NetlinkBytes()
    body.append(link)
    if let mtu = change.mtu { body.appendAttribute(Int(IFLA_MTU), UInt32(mtu)) }
    if let address = change.hardwareAddress { body.appendAttribute(Int(IFLA_ADDRESS), address) }
    if let master = change.master { body.appendAttribute(Int(IFLA_MASTER), master) }
    try Interfaces.order(Int32(RTM_NEWLINK), body)
  }

  /// Deletes an interface.
  package static func delete(_ index: UInt32) throws(NetlinkRefusal) {
    var link = ifinfomsg()
    link.ifi_index = Int32(bitPattern: index)
    var body = NetlinkBytes()
    body.append(link)
    try order(Int32(RTM_DELLINK), body)
  }

  /// Gives an interface an address. IPv4 gets the broadcast address of its prefix; IPv6 is not checked for duplicates,
  /// which would take a second in which it cannot be used.
  /// - Returns: false: the interface has it already.
  @discardableResult
  package static func add(_ address: IPPrefix, to index: UInt32) throws(NetlinkRefusal) -> Bool {
    try isNew { () throws(NetlinkRefusal) in
      try order(Int32(RTM_NEWADDR), flags: NLM_F_CREATE | NLM_F_EXCL, addressBody(address, index))
    }
  }

  /// Takes an address away from an interface.
  package static func remove(_ address: IPPrefix, from index: UInt32) throws(NetlinkRefusal) {
    try order(Int32(RTM_DELADDR), addressBody(address, index))
  }

  /// The addresses of an interface.
  package static func addresses(of index: UInt32) throws(Errno) -> [IPPrefix] {
    try allAddresses().filter { $0.interface == index }.map(\.prefix)
  }

  /// The addresses of all interfaces.
  package static func allAddresses() throws(Errno) -> [(interface: UInt32, prefix: IPPrefix)] {
    var body = NetlinkBytes()
    body.append(ifaddrmsg())
    return try NetlinkSocket().list(Int32(RTM_GETADDR), body).compactMap { answer in
      guard let header = answer.load(ifaddrmsg.self, at: 0) else { return nil }
      // Of a point-to-point link IFA_ADDRESS is the far end.
      let attributes = MemoryLayout<ifaddrmsg>.size
      let octets =
        answer.attribute(Int(IFA_LOCAL), from: attributes)
        ?? answer.attribute(Int(IFA_ADDRESS), from: attributes)
      guard let octets, let address = IPAddress(family: Int32(header.ifa_family), octets: octets.bytes) else {
        return nil
      }
      return (header.ifa_index, IPPrefix(address, length: Int(header.ifa_prefixlen)))
    }
  }

  private static func addressBody(_ prefix: IPPrefix, _ index: UInt32) -> NetlinkBytes {
    var header = ifaddrmsg()
    header.ifa_family = UInt8(prefix.address.family)
    header.ifa_prefixlen = UInt8(prefix.length)
    header.ifa_index = index
    if prefix.address.family == AF_INET6 { header.ifa_flags = UInt8(IFA_F_NODAD) }
    var body = NetlinkBytes()
    body.append(header)
    body.appendAttribute(Int(IFA_LOCAL), prefix.address.octets)
    body.appendAttribute(Int(IFA_ADDRESS), prefix.address.octets)
    if let broadcast = prefix.broadcast { body.appendAttribute(Int(IFA_BROADCAST), broadcast) }
    return body
  }

  static func order(_ type: Int32, flags: Int32 = 0, _ body: NetlinkBytes) throws(NetlinkRefusal) {
    let socket: NetlinkSocket
    do throws(Errno) { socket = try NetlinkSocket() } catch { throw NetlinkRefusal(error: error) }
    try socket.order(type, flags: flags, body)
  }

  /// - Returns: false when `body` was refused because it is there already.
  static func isNew(_ body: () throws(NetlinkRefusal) -> Void) throws(NetlinkRefusal) -> Bool {
    do throws(NetlinkRefusal) {
      try body()
      return true
    } catch {
      if error.error.code == EEXIST { return false }
      throw error
    }
  }
}
