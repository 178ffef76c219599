import CLinux
import Glibc

/// A network interface as it is now.
package struct Interface: Hashable, Sendable {
  /// Stays when the interface is renamed; another one when it is made anew.
  package let index: UInt32
  package let name: String
  /// Set up by the administrator (`IFF_UP`); says nothing about a carrier.
  package let isUp: Bool
  /// There is a carrier: a cable, or a far end that is up (`IFF_RUNNING`).
  package let hasCarrier: Bool
  /// Takes and sends what goes to groups (`IFF_MULTICAST`).
  package let takesMulticast: Bool
  /// The host's own loopback interface (`IFF_LOOPBACK`).
  package let isLoopback: Bool
  /// Neighbours are found by broadcast ARP (`IFF_BROADCAST` without `IFF_NOARP`).
  package let hasARP: Bool
  /// The most bytes of a frame's payload.
  package let mtu: Int
  /// The bytes of its hardware address: six of an Ethernet device.
  package let hardwareAddress: [UInt8]
  /// The index of the bridge or bond it is a port of; 0: of none.
  package let master: UInt32
  /// The kernel's word for a virtual device, such as "bridge", "veth", "tun"; empty: a physical one.
  package let kind: String
  /// Of a TAP.
  package let tap: TapProperties?
  /// Of a bridge.
  package let bridge: BridgeProperties?
}

/// How a bridge treats multicast.
package struct BridgeProperties: Hashable, Sendable {
  /// It sends what goes to a group to that group's members alone, as soon as there is a querier.
  package let isSnooping: Bool
  /// It asks for members itself.
  package let isQuerier: Bool
  /// It hears one that asks (Linux 5.16).
  package let hearsQuerier: Bool

  package init(isSnooping: Bool, isQuerier: Bool, hearsQuerier: Bool) {
    self.isSnooping = isSnooping
    self.isQuerier = isQuerier
    self.hearsQuerier = hearsQuerier
  }
}

/// What a TAP device is, whoever has it attached.
package struct TapProperties: Hashable, Sendable {
  /// Who may attach it without CAP_NET_ADMIN; nil: nobody.
  package let user: UInt32?
  package let group: UInt32?
  /// It stays when nobody has it attached.
  package let isPersistent: Bool
  /// Made for several readers; such a device is attached in another way.
  package let hasManyQueues: Bool
}

extension Interface {
  /// An interface out of the body of an `RTM_NEWLINK`; nil when it is not whole.
  init?(reading answer: NetlinkBytes) {
    let attributes = MemoryLayout<ifinfomsg>.size
    guard let link = answer.load(ifinfomsg.self, at: 0),
      let name = answer.attribute(Int(IFLA_IFNAME), from: attributes)?.string
    else { return nil }
    let flags = link.ifi_flags
    self.index = UInt32(link.ifi_index)
    self.name = name
    isUp = flags & UInt32(IFF_UP) != 0
    hasCarrier = flags & UInt32(IFF_RUNNING) != 0
    takesMulticast = flags & UInt32(IFF_MULTICAST) != 0
    isLoopback = flags & UInt32(IFF_LOOPBACK) != 0
    hasARP = flags & UInt32(IFF_BROADCAST) != 0 && flags & UInt32(IFF_NOARP) == 0
    mtu = Int(answer.attribute(Int(IFLA_MTU), from: attributes)?.load(UInt32.self, at: 0) ?? 0)
    hardwareAddress = answer.attribute(Int(IFLA_ADDRESS), from: attributes)?.bytes ?? []
    master = answer.attribute(Int(IFLA_MASTER), from: attributes)?.load(UInt32.self, at: 0) ?? 0
    let information = answer.attribute(Int(IFLA_LINKINFO), from: attributes)
    kind = information?.attribute(Int(IFLA_INFO_KIND), from: 0)?.string ?? ""
    let data = information?.attribute(Int(IFLA_INFO_DATA), from: 0)
    tap = kind == "tun" ? data.flatMap(TapProperties.init) : nil
    bridge = kind == "bridge" ? data.map(BridgeProperties.init) : nil
  }
}

extension BridgeProperties {
  /// `IFLA_BR_*` of `<linux/if_link.h>`.
  fileprivate init(_ data: NetlinkBytes) {
    func flag(_ type: Int) -> Bool { data.attribute(type, from: 0)?.load(UInt8.self, at: 0) ?? 0 != 0 }
    isSnooping = flag(Int(IFLA_BR_MCAST_SNOOPING))
    isQuerier = flag(Int(IFLA_BR_MCAST_QUERIER))
    // IFLA_BR_MCAST_QUERIER_STATE, with BRIDGE_QUERIER_IP_OTHER_TIMER or
    // BRIDGE_QUERIER_IPV6_OTHER_TIMER of <linux/if_bridge.h> as long as one is heard.
    let state = data.attribute(47, from: 0)
    hearsQuerier = state?.attribute(3, from: 0) != nil || state?.attribute(7, from: 0) != nil
  }
}

extension TapProperties {
  /// `IFLA_TUN_*` of `<linux/if_link.h>`; nil: a TUN device, which has no Ethernet frames.
  fileprivate init?(_ data: NetlinkBytes) {
    func flag(_ type: Int) -> Bool { data.attribute(type, from: 0)?.load(UInt8.self, at: 0) ?? 0 != 0 }
    // IFF_TAP of <linux/if_tun.h>.
    guard data.attribute(Int(IFLA_TUN_TYPE), from: 0)?.load(UInt8.self, at: 0) == 2 else { return nil }
    user = data.attribute(Int(IFLA_TUN_OWNER), from: 0)?.load(UInt32.self, at: 0)
    group = data.attribute(Int(IFLA_TUN_GROUP), from: 0)?.load(UInt32.self, at: 0)
    isPersistent = flag(Int(IFLA_TUN_PERSIST))
    hasManyQueues = flag(Int(IFLA_TUN_MULTI_QUEUE))
  }
}
