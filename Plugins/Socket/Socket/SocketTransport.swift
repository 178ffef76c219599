// The socket transport: guests at the other end of a connected socket.
//
// Theory of operation
//   A port is one socket, and lives as long as the connection. It comes from one of the doors, or from a program that
//   hands over a descriptor. What kind of socket it is says how frames lie in it:
//
//     SOCK_SEQPACKET, SOCK_DGRAM   a raw frame a message                      MessagePort
//     SOCK_STREAM                  u32 length in network order, then a frame  StreamPort (QEMU `-netdev stream`)
//
//   The doors:
//
//     bess     SOCK_SEQPACKET   User Mode Linux's `vecN:transport=bess`                          MessagePort
//     vde      SOCK_STREAM      uml_switch and VDE: a request and its reply, then frames on a    VDEPort
//                               pair of datagram sockets, as long as the stream lives
//     stream   SOCK_STREAM      QEMU `-netdev stream` and `-netdev socket,connect=`              StreamPort
//     dgram    SOCK_DGRAM       QEMU `-netdev dgram`, libkrun and vfkit: all clients send to     DatagramDoorPort,
//                               one socket, and are told apart by their addresses                DatagramGuestPort
//
//   A configured port has the option `connect` and is itself the client: of a QEMU that listens. It outlives its
//   connections                                                                                  ConnectPort
//
//   The end of a connection is seen by reading; a write that fails says so only where reading never would (datagram
//   pairs), because the last frames of a guest that is gone may still wait to be read.
//   No descriptor is polled for writing once it is connected: the host keeps what a full socket does not take, and
//   offers it again.
//
// A restart
//   Guests keep their sockets: what a port hands over is its socket, or two, and what the socket does not know. After a
//   kill that holds for messages; a stream may have been left in the middle of a frame, and ends with the process. Ports
//   shut their sockets down when they close, because a duplicate is kept elsewhere for the case of a restart.
//
// Limits: 64 messages a call; 14 to 9,216 bytes a frame, fewer for a VDE client whose buffer is known to be shorter; a
// kernel send buffer of 4 MB, where the kernel grants it; a VDE request of 252 bytes.

import CLinux
import Glibc
package import TransportKit

/// The definition of `socket`.
package let socketTransport = TransportDefinition(
  name: "socket",
  summary: "guests on sockets: bess and daemon of User Mode Linux, VDE, QEMU, descriptors handed over",
  options: [
    .size(
      "buffers", in: 4_096...1_073_741_823, default: "4M", .live,
      help: "kernel send buffer of a guest's socket in bytes, 4096-1073741823"),
    .duration(
      "idle", in: 1_000_000_000...86_400_000_000_000,
      help: "end a guest of the door dgram that sends nothing for so long, 1s-24h; otherwise only when it is gone"),
    .string(
      "connect",
      help: "the stream server to be a client of, such as a QEMU that listens: /PATH, HOST:PORT or [IPV6]:PORT"),
  ],
  doors: doors, roles: .guest, defaultRole: .guest,
  check: { configuration throws(TransportProblem) in _ = try source(of: configuration) },
  accept: { client throws(TransportProblem) in
    guard isVDE(client) else { return true }
    let handshake = client.state as? VDEHandshake ?? VDEHandshake()
    client.state = handshake
    return try handshake.proceed(client)
  },
  abandon: abandonSender,
  open: { configuration, host throws(TransportProblem) in
    if let port = try datagramPort(configuration, host) { return port }
    switch try source(of: configuration) {
    case .server(let text): return try ConnectPort(configuration, connect: text, host: host)
    case .client(let client):
      if isVDE(client) { return try VDEPort(client, configuration, host: host) }
      return client.socketType == SOCK_STREAM.rawValue
        ? try StreamPort(client, configuration, host: host) : try MessagePort(client, configuration, host: host)
    }
  })

private let doors = [
  TransportDoor(
    name: "bess", path: "bess", kind: .sequencedPackets,
    help: "vecN:transport=bess,dst=PATH of User Mode Linux: a frame a message"),
  TransportDoor(
    name: "vde", path: "vde/ctl", kind: .stream, traits: .directory,
    help: "ethN=daemon,,unix,PATH of User Mode Linux; vde_plug and QEMU's vde,sock= with its directory"),
  TransportDoor(
    name: "stream", path: "stream", kind: .stream, traits: .internet,
    help: "QEMU's stream,addr.type=unix,addr.path=PATH and socket,connect=: a length, then a frame"),
  TransportDoor(
    name: "dgram", path: "dgram", kind: .datagrams,
    help: "QEMU's dgram,remote.path=PATH with a local.path; libkrun and vfkit unixgram: a frame a datagram"),
]

private func isVDE(_ client: TransportClient) -> Bool { client.door.map { doors[$0].name == "vde" } ?? false }

/// Where a port's frames come from.
private enum Source {
  /// A guest that has come by a door or was handed over.
  case client(TransportClient)
  /// A server that the port connects to, as the option says it.
  case server(String)
}

private func source(of configuration: PortConfiguration) throws(TransportProblem) -> Source {
  guard configuration.role == .guest else {
    throw TransportProblem("socket carries guests of this host only: use role: guest")
  }
  guard let client = configuration.client else {
    guard let server = configuration.string("connect") else {
      throw TransportProblem(
        "a socket port comes with its guest: connect it to one of the LAN's sockets, start it with `umbel run`, or name "
          + "the server that it is with connect")
    }
    _ = try ConnectTarget(server)
    return .server(server)
  }
  switch client.socketType {
  case SOCK_STREAM.rawValue, SOCK_DGRAM.rawValue, SOCK_SEQPACKET.rawValue: return .client(client)
  default: throw TransportProblem("a socket of this type carries no frames: hand over a stream, dgram or seqpacket")
  }
}
