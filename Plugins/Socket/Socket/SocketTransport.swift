// The socket transport: guests at the other end of a connected socket.
//
// Theory of operation
//   A port is one socket, and lives as long as the connection. It comes from the door `bess` (User Mode Linux's
//   `vecN:transport=bess`), or from a program that hands over a descriptor. What kind of socket it is says how frames
//   lie in it:
//
//     SOCK_SEQPACKET, SOCK_DGRAM   a raw frame a message                      MessagePort
//     SOCK_STREAM                  u32 length in network order, then a frame  StreamPort (QEMU `-netdev socket,fd=`)
//
//   The end of a connection is seen by reading; a write that fails says so only where reading never would (datagram
//   pairs), because the last frames of a guest that is gone may still wait to be read.
//   No descriptor is polled for writing: the host keeps what a full socket does not take, and offers it again.
//
// Limits: 64 messages a call; 14 to 9,216 bytes a frame; a kernel send buffer of 4 MB, where the kernel grants it.

import CLinux
import Glibc
package import TransportKit

/// The definition of `socket`.
package let socketTransport = TransportDefinition(
  name: "socket",
  summary: "guests on connected sockets: bess of User Mode Linux, descriptors that a program hands over",
  options: [
    .size(
      "buffers", in: 4_096...1_073_741_823, default: "4M", .live,
      help: "kernel send buffer of a guest's socket in bytes, 4096-1073741823"),
    .duration(
      "idle", in: 1_000_000_000...86_400_000_000_000,
      help: "end a guest of the door dgram that sends nothing for so long, 1s-24h; otherwise only when it is gone"),
  ],
  doors: [
    TransportDoor(
      name: "bess", path: "bess", kind: .sequencedPackets,
      help: "vecN:transport=bess,dst=PATH of User Mode Linux: a frame a message"),
    TransportDoor(
      name: "dgram", path: "dgram", kind: .datagrams,
      help: "QEMU's dgram,remote.path=PATH with a local.path; libkrun and vfkit unixgram: a frame a datagram"),
  ],
  roles: .guest, defaultRole: .guest,
  check: { configuration throws(TransportProblem) in _ = try client(of: configuration) },
  abandon: abandonSender,
  open: { configuration, host throws(TransportProblem) in
    if let port = try datagramPort(configuration, host) { return port }
    let client = try client(of: configuration)
    return client.socketType == SOCK_STREAM.rawValue
      ? StreamPort(client, configuration, host: host) : MessagePort(client, configuration, host: host)
  })

private func client(of configuration: PortConfiguration) throws(TransportProblem) -> TransportClient {
  guard configuration.role == .guest else {
    throw TransportProblem("socket carries guests of this host only: use role: guest")
  }
  guard let client = configuration.client else {
    throw TransportProblem(
      "a socket port comes with its guest and cannot be configured: connect to the LAN's socket `bess`, or start the "
        + "guest with `umbel run`")
  }
  switch client.socketType {
  case SOCK_STREAM.rawValue, SOCK_DGRAM.rawValue, SOCK_SEQPACKET.rawValue: return client
  default: throw TransportProblem("a socket of this type carries no frames: hand over a stream, dgram or seqpacket")
  }
}
