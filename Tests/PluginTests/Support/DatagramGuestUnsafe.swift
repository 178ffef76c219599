import CTransport
import Glibc
import LinuxIO
import Testing

/// A datagram door at a path of its own.
final class DatagramDoor {
  static let index: UInt32 = 3

  let path: String
  private let socket: Descriptor

  init() throws {
    path = "/tmp/umbel-dgram-\(UInt64.random(in: .min ... .max))"
    socket = try UnixSocket.listen(at: path, kind: .datagram, mode: 0o600, wantsCredentials: true)
  }

  deinit { unsafe unlink(path) }

  /// The door's own port in one process.
  func open() throws -> DrivenPort {
    let client = DrivenPort.Client(
      descriptor: try socket.duplicate().release(), type: SOCK_DGRAM.rawValue, door: DatagramDoor.index)
    return try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, client: client, number: 1)
  }
}

/// A program that sends datagrams to a door.
final class DatagramGuest {
  let socket: GuestSocket
  let name: String

  /// - Parameter isConnected: takes datagrams from the door alone.
  init(to door: DatagramDoor, isAbstract: Bool = false, isConnected: Bool = false) throws {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    socket = GuestSocket(try retrying { Glibc.socket(AF_UNIX, type, 0) })
    name = (isAbstract ? "@" : "") + "/tmp/umbel-sender-\(UInt64.random(in: .min ... .max))"
    try #require(unsafe call(bind, name) == 0)
    if isConnected { try #require(unsafe call(connect, door.path) == 0) }
  }

  deinit { unsafe unlink(name) }

  func send(_ bytes: [UInt8], to door: DatagramDoor) {
    let number = socket.number
    let result = unsafe call({ unsafe sendto(number, bytes, bytes.count, 0, $1, $2) > 0 ? 0 : -1 }, door.path)
    #expect(result == 0)
  }

  private func call(_ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ name: String) -> Int32 {
    let bytes = Array(name.utf8)
    let isAbstract = bytes.first == UInt8(ascii: "@")
    let family = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
    let address = family + (isAbstract ? [0] + bytes.dropFirst() : bytes + [0])
    return unsafe address.withUnsafeBytes {
      unsafe body(socket.number, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
    }
  }

  /// Sends a first message and opens the port that follows.
  func attach(to door: DatagramDoor, _ doorPort: DrivenPort) throws -> DrivenPort {
    send(frame(60), to: door)
    #expect(doorPort.receive().isEmpty)
    return try open(try #require(doorPort.record.arrived.last))
  }

  func open(_ client: DrivenPort.Client) throws -> DrivenPort {
    try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, client: client)
  }

  /// The port of the next process.
  func adopt(_ left: KeptPort, process: Int32 = getpid()) throws -> DrivenPort {
    let client = DrivenPort.Client(
      descriptor: -1, type: SOCK_DGRAM.rawValue, door: DatagramDoor.index, user: geteuid(), group: getegid(),
      process: process)
    return try unsafe DrivenPort(
      Transport.socket, role: UMBEL_ROLE_GUEST, client: client, adopted: left)
  }
}

extension DrivenPort.Client {
  /// As the host does with a sender that it does not let in.
  func abandon() {
    var given = unsafe umbel_client()
    unsafe given.size = UInt32(MemoryLayout<umbel_client>.size)
    unsafe given.door = door
    unsafe given.descriptor = -1
    unsafe given.socket_type = type
    unsafe given.state = UnsafeMutableRawPointer(bitPattern: state)
    unsafe Transport.socket.pointee.abandon(&given)
  }
}
