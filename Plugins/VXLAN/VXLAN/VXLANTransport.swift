// The VXLAN transport (RFC 7348): an Ethernet frame without FCS behind a header of eight bytes is the payload of one UDP
// datagram. The other end is another agent, the Linux kernel's vxlan device, Open vSwitch, a switch.
//
//   0        8                       24        32
//   | flags  | reserved              |          flags: 0x08 says that there is a VNI; the rest is not looked at
//   | VNI                            | reserved |
//
// Theory of operation
//   An endpoint is a UDP port of one family: VXLANEndpoint owns the one socket that hears it, at every address of this
//   host and in every group that its ports have joined. It carries a port for each VNI. The kernel merges datagrams
//   whatever their VNI (UDP_GRO), so every single one is given to its port by its own header.
//
//   A port, VXLANPort, is one VNI: its control side is VXLANUnderlay, which looks at interfaces, routes, addresses and
//   names afresh whenever it is asked and says what is missing; its forwarding side is VXLANForwarder. What the first
//   finds reaches the second by prepare and commit, as a whole (VXLANChange).
//
//     sending     to everyone     one datagram to the group, and one to each configured peer that was not heard by way
//                                 of the group lately (head-end replication): the two lists have nobody in common
//                 to a remote     one datagram to its address, at the configured port
//     source      one of eight sockets, chosen by the inner flow's hash, so that routers spread flows and order within
//                 a flow stays; a ninth sends what must not be fragmented
//     receiving   the sender's address is the remote. It is met by its first frame, unless peers-only is set, and given
//                 up when it was silent for ten minutes; configured peers stay
//
//   Nothing that comes in is authenticated: whoever can send to this port can claim to be any station, as in an Ethernet.
//   It cannot make the trunk forget: a full table turns newcomers away, ICMP is not believed.
//
//   The UDP port is bound for nobody else. The kernel's own devices want the same port: then the port waits and names
//   who has it. Datagrams to groups do not come back to this host, where nobody else could hear them.
//
//   Over a restart all sockets stay open (VXLANHeritage), so that the UDP port is never free for others and flows keep
//   their source ports. Each port leaves the endpoint's socket; the next process keeps the first that comes. Peers are
//   met anew.
//
// Limits: 1,024 remotes a port, 512 of them configured; 128 frames a call that sends, 256 that receives; 14 to 9,216
// bytes a frame, TCP super-frames to 65,499; 256 ports an endpoint.

package import TransportKit

/// The definition of `vxlan`.
package let vxlanTransport = TransportDefinition(
  name: "vxlan",
  summary: "Ethernet frames in UDP across routed networks, by RFC 7348",
  options: [
    .integer("vni", in: 0...0xff_ffff, .required, help: "VXLAN network identifier, 0-16777215"),
    .address("group", help: "multicast group for frames to everyone, IPv4 or IPv6"),
    .list("peers", .live, help: "addresses or host names of other hosts; frames to everyone are sent to each"),
    .boolean("peers-only", default: false, .live, help: "drop what comes from an address that is not a peer's"),
    .integer("port", in: 1...65_535, default: 4_789, help: "UDP port of all hosts, 1-65535"),
    .integer("ttl", in: 1...255, .live, help: "TTL or hop limit, 1-255; without it 1 to the group and 64 to peers"),
    .integer("tos", in: 0...255, default: 0, .live, help: "type of service or traffic class, 0-255"),
    .interface("interface", help: "network interface; without it the routes decide"),
    .address("source", help: "local address to send from; without it the kernel chooses"),
    .range("source-ports", in: 1...65_535, default: "49152-65535", help: "UDP ports to send from, 16 or more"),
    .choice("family", of: ["ipv4", "ipv6"], help: "what host names stand for, where no address says it"),
    .boolean("udp-checksum", default: true, .live, help: "send UDP checksums; off rules gso out"),
    .boolean("gso", default: true, .live, help: "hand runs of datagrams to the kernel as one"),
    .boolean("gro", default: true, .live, help: "take runs of datagrams from the kernel as one"),
    .integer(
      "underlay-mtu", in: 576...65_535, .live, help: "MTU of the way to other hosts in bytes; without it that of routes"
    ),
    .size(
      "buffers", in: 4_096...1_073_741_823, default: "4M", .live,
      help: "kernel buffer of each socket in bytes, 4096-1073741823"),
  ],
  roles: .trunk, defaultRole: .trunk,
  check: { configuration throws(TransportProblem) in
    _ = try VXLANSettings(configuration)
  },
  open: { configuration, host throws(TransportProblem) in
    try VXLANPort(VXLANSettings(configuration), configuration, host: host)
  })
