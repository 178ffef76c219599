// The multicast transport: a raw Ethernet frame is the payload of one UDP datagram to a group, without header and
// without FCS, as User Mode Linux's `eth0=mcast` and QEMU's `-netdev socket,mcast=` have it.
//
// Theory of operation
//   A port has two sockets. The receiver is bound to group:port and a member on one interface; it hears that group on
//   that interface and nothing else. The sender has a port of its own and is connected to the group, so that what comes
//   back from exactly its address and port is this port's own echo and is dropped; other programs of this host are
//   heard. A trunk tells members apart by the address and port that they send from; what it sends goes to all of them.
//
//   MulticastPort answers the host. Its side of the network (control thread) finds the interface and says what is
//   missing: MulticastUnderlay for a trunk, by name or by route; MulticastGuestSide for this host's native guests, whose
//   group it keeps at home. MulticastSockets makes the sockets, MulticastForwarder (forwarding thread) moves frames in
//   batches. A change of interfaces, addresses or routes goes through all:
//
//     prepare: the interface is looked up afresh          no interface, no route -> sockets closed, waiting
//                                                         interface down, no address -> sockets kept, waiting
//              a sender is made and connected             its address is the old one -> nothing changes
//              another interface -> new receiver, joined; the old one leaves its group
//     commit:  the new sockets take over; the old sender's address counts as own for 10 s more: its last datagrams are
//              still on their way back
//
//   A datagram that the interface does not take in one piece is fragmented; a frame that is to stay whole is refused then,
//   and its datagram says "don't fragment". The port tells the host how long a frame may be.
//
//   The kernel keeps a membership while its interface is down, renamed or readdressed, and loses it with the interface.
//   Over a restart both sockets stay open (MulticastHeritage): what arrives meanwhile is queued, and the next process
//   looks at the network as after any change.
//
// Limits: 128 frames a call that sends, 256 that receives; 14 to 9,216 bytes a frame; 8 former addresses; 1,024 other
// members.

package import TransportKit

/// The definition of `mcast`.
package let multicastTransport = TransportDefinition(
  name: "mcast",
  summary: "raw Ethernet frames in a UDP multicast group, as eth0=mcast of User Mode Linux",
  options: [
    .address("group", default: MulticastSettings.defaultGroup, help: "multicast group, IPv4 or IPv6"),
    .integer("port", in: 1...65_535, default: 1_102, help: "UDP port of the group, 1-65535"),
    .integer("ttl", in: 0...255, default: 1, .live, help: "routers that a datagram may pass, plus one, 0-255"),
    .interface("interface", help: "network interface; without it the route of the group decides"),
    .address("source", help: "local address to send from; without it the kernel chooses"),
    .integer(
      "underlay-mtu", in: 576...65_535, .live,
      help: "bytes of an IP packet that passes the underlay in one piece, 576-65535; without it the interface decides"),
    .boolean("gso", default: true, .live, help: "hand frames of equal length to the kernel together (UDP_SEGMENT)"),
    .boolean("gro", default: true, .live, help: "take frames from the kernel together (UDP_GRO)"),
    .size(
      "buffers", in: 4_096...1_073_741_823, default: "4M", .live,
      help: "kernel buffer of each socket in bytes, 4096-1073741823"),
  ],
  roles: [.guest, .trunk], defaultRole: .trunk,
  check: { configuration throws(TransportProblem) in
    _ = try MulticastSettings(configuration)
  },
  open: { configuration, host throws(TransportProblem) in
    try MulticastPort(try MulticastSettings(configuration), configuration, host: host)
  })
