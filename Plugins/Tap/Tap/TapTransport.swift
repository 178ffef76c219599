// The TAP transport: the host itself is a station of the LAN, by a TAP device of its own, or a bridge of the host is.
//
// Theory of operation
//   Each read and write of the device is one frame, with a struct virtio_net_hdr before it (ten bytes, set explicitly:
//   a persistent device keeps what its last user set). The kernel hands over TCP and UDP super-frames of up to 64 KB
//   with partial checksums where TUNSETOFFLOAD grants it, and takes them; umbel_offload carries the same metadata.
//   `offload: false` asks for finished frames only; super-frames are then not taken either.
//
//   TapPort answers the host. TapSetup (control thread) opens the device, makes it what the configuration says and
//   follows what becomes of it; TapForwarder (forwarding thread) moves frames. GuestRoute is what uml_net did.
//
//     no /dev/net/tun, device in use or not ours, no bridge  -> waiting, tried again with the host's back-off
//     open, configured, up                                 -> up(largest frame = MTU + 14 + 4)
//     device down                                          -> waiting, until somebody sets it up again
//     device deleted                                       -> waiting, opened again at the next try
//     no such kind of device, not a TAP                    -> open is refused
//
//   Without CAP_NET_ADMIN a persistent device of this user can be attached, nothing more: what is already as it should
//   be is left alone, for the rest the port names the command. The device keeps address, MTU and bridge when the port
//   ends, if it is persistent; GuestRoute undoes what it did. Over a restart the descriptor stays open (TapHeritage), so
//   that a device need not be persistent to stay; the next process treats it as any that was there already.
//
// Limits: 64 frames a call that receives, or as many as 256 KiB takes; of memory for frames a port has touched 256 KiB
// after a full batch of ordinary ones, 4.3 MiB at the most after much of both kinds; 127 pieces a frame.

package import TransportKit

/// The definition of `tap`.
package let tapTransport = TransportDefinition(
  name: "tap",
  summary: "a TAP device: the host itself, or a bridge of it, on the LAN",
  options: [
    .interface("device", help: "name of the TAP, 1-15 bytes; made if it is not there; without it the next free tapN"),
    .boolean("persistent", help: "whether the device stays when the port ends; without it, as it is"),
    .string("user", help: "who may attach a persistent device without root: a name of /etc/passwd, or a number"),
    .string("group", help: "which group may: a name of /etc/group, or a number"),
    .string("mac", help: "MAC address of the host's end; without it fe:fd and its IPv4 address, if it has one"),
    .integer("mtu", in: 68...9_202, help: "largest payload in bytes, 68-9202; without it, as it is"),
    .list("address", help: "addresses of the host's end, each with its prefix: 192.168.0.254/24"),
    .interface("bridge", help: "bridge of this host that the device becomes a port of"),
    .boolean("offload", default: true, help: "whether large unfinished frames pass between kernel and LAN"),
    .address("route-guest", help: "IPv4 address of a guest that this host routes to and answers ARP for"),
  ],
  roles: .guest, defaultRole: .guest,
  check: { configuration throws(TransportProblem) in
    _ = try TapSettings(configuration)
  },
  open: { configuration, host throws(TransportProblem) in
    try TapPort(try TapSettings(configuration), configuration, host: host)
  })
