import CTransport
import Glibc
import TransportKit

/// Everything the agent learns of this transport when it loads it.
private let cable = TransportDefinition(
  name: "outside-swift", summary: "a cable between two UDP ports of this host, in Swift",
  options: [
    .integer("port", in: 1...65_535, .required, help: "UDP port of this end"),
    .integer("peer-port", in: 1...65_535, .required, help: "UDP port of the other end"),
  ],
  roles: [.guest, .trunk], defaultRole: .trunk
) { configuration, host throws(TransportProblem) in
  let socket = try loopbackSocket(
    from: UInt16(configuration.integer("port")!), to: UInt16(configuration.integer("peer-port")!))
  return try CablePort(configuration, host: host, socket: socket)
}

/// The one symbol that crosses.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func umbel_transport_entry(_ host: UnsafePointer<umbel_host>!) -> UnsafePointer<umbel_transport>! {
  cable.table(for: host)
}

private func loopbackSocket(from port: UInt16, to peer: UInt16) throws(TransportProblem) -> Int32 {
  let flags = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
  let made = socket(AF_INET, flags, 0)
  guard made >= 0 else { throw TransportProblem("no socket can be made", code: errno) }
  guard apply(bind, made, port), apply(connect, made, peer) else {
    let error = errno
    _ = close(made)
    throw TransportProblem("cannot bind the UDP port: name a free one", option: "port", code: error)
  }
  return made
}

/// Calls bind or connect with a port of 127.0.0.1.
private func apply(
  _ call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ socket: Int32, _ port: UInt16
) -> Bool {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      call(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}
