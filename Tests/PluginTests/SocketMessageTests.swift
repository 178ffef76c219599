import CTransport
import Glibc
import LinuxIO
import Testing

@testable import SocketTransport

// A guest at one end of a pair of Unix sockets that keep messages apart, the port at the other.

private func connect(_ type: __socket_type) throws -> (guest: GuestSocket, port: DrivenPort) {
  let (guest, descriptor) = try GuestSocket.pair(type)
  let client = DrivenPort.Client(descriptor: descriptor, type: type.rawValue)
  return (guest, try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, client: client))
}

private let kinds = [SOCK_SEQPACKET, SOCK_DGRAM]

@Suite struct SocketMessageTests {
  @Test(arguments: kinds) func `frames pass both ways, a message each`(type: __socket_type) throws {
    let (guest, port) = try connect(type)
    guest.send(frame(60))
    guest.send(frame(1_514, tag: 2))
    let received = port.receive()
    #expect(received.map(\.bytes) == [frame(60), frame(1_514, tag: 2)])
    #expect(received.allSatisfy { $0.isClean && $0.port == DrivenPort.number })
    #expect(port.send([frame(60, tag: 3), frame(1_514, tag: 4)]) == 2)
    #expect(guest.receive() == frame(60, tag: 3))
    #expect(guest.receive() == frame(1_514, tag: 4))
    #expect(guest.receive() == nil)
  }

  @Test(arguments: kinds) func `a jumbo frame passes both ways in pieces`(type: __socket_type) throws {
    let (guest, port) = try connect(type)
    guest.send(frame(9_216))
    #expect(port.receive().map(\.bytes) == [frame(9_216)])
    #expect(port.send([frame(9_216)], pieceLength: 1_500) == 1)
    #expect(guest.receive() == frame(9_216))
  }

  @Test(arguments: kinds) func `empty, short and too long messages are counted and the frames between them pass`(
    type: __socket_type
  ) throws {
    let (guest, port) = try connect(type)
    for length in [60, 0, 13, 14, 9_217, 0, 61, 0] { guest.send(frame(length)) }
    #expect(port.receive().map(\.bytes.count) == [60, 14, 61])
    #expect(port.counters == ["guest-empty": 3, "guest-runt": 1, "guest-oversize": 1])
    #expect(port.state == UMBEL_STATE_UP)
  }

  @Test(arguments: kinds) func `a batch of nothing but empty messages ends nothing`(type: __socket_type) throws {
    let (guest, port) = try connect(type)
    // One by one: a queue of datagrams holds few messages.
    for _ in 0..<70 {
      guest.send([])
      #expect(port.receive().isEmpty)
    }
    guest.send(frame(60))
    #expect(port.receive().map(\.bytes) == [frame(60)])
    #expect(port.counters == ["guest-empty": 70])
  }

  @Test func `a guest that closes ends its port`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    #expect(port.state == UMBEL_STATE_UP)
    guest.close()
    #expect(port.receive().isEmpty)
    #expect(port.state == UMBEL_STATE_CLOSING)
    #expect(port.text == "the guest has closed the connection")
    #expect(port.descriptors.isEmpty)
    #expect(port.record.descriptorChanges == 1)
    #expect(port.counters.isEmpty)
  }

  @Test func `the end is reported once`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    guest.close()
    _ = port.receive()
    _ = port.receive()
    port.ready(0x10)
    #expect(port.record.states.map(\.state) == [UMBEL_STATE_UP, UMBEL_STATE_CLOSING])
  }

  @Test func `what a guest sent before it closed arrives`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    guest.send(frame(60))
    guest.send([])
    guest.send(frame(61))
    guest.close()
    #expect(port.receive().map(\.bytes.count) == [60, 61])
    while port.state != UMBEL_STATE_CLOSING, !port.descriptors.isEmpty { #expect(port.receive().isEmpty) }
    #expect(port.state == UMBEL_STATE_CLOSING)
    #expect(port.counters == ["guest-empty": 1])
  }

  @Test func `what a guest sent before it closed arrives when it had not read all`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    port.send([frame(60)])
    guest.send(frame(61))
    guest.close()
    #expect(port.receive().map(\.bytes.count) == [61])
  }

  @Test func `an empty message, then the end, is the end`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    guest.send([])
    guest.close()
    #expect(port.receive().isEmpty)
    #expect(port.state == UMBEL_STATE_CLOSING)
  }

  @Test func `a frame for a guest that is gone is refused alone`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    guest.close()
    #expect(port.send([frame(60)]) == -EPIPE)
    #expect(port.counters == ["send-epipe": 1])
  }

  @Test func `a datagram guest that is gone ends its port with the next frame`() throws {
    let (guest, port) = try connect(SOCK_DGRAM)
    guest.close()
    #expect(port.receive(waiting: 0).isEmpty)
    #expect(port.state == UMBEL_STATE_UP)
    #expect(port.send([frame(60)]) == -ECONNREFUSED)
    #expect(port.state == UMBEL_STATE_CLOSING)
    #expect(port.descriptors.isEmpty)
  }

  @Test func `a guest that reads nothing makes the port take no more, and the rest goes later in order`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    try #require(setBuffer(of: port, 10_000))
    let frames = (0..<64).map { frame(1_000, tag: UInt8($0)) }
    let first = port.send(frames)
    #expect(first > 0 && first < 64)
    #expect(port.send(Array(frames[Int(first)...])) == -EAGAIN)
    var tags: [UInt8] = []
    while let bytes = guest.receive() { tags.append(bytes[0]) }
    var next = Int(first)
    while next < 64 {
      next += Int(max(port.send(Array(frames[next...])), 0))
      while let bytes = guest.receive() { tags.append(bytes[0]) }
    }
    #expect(tags == Array(0..<64))
  }

  private func setBuffer(of port: DrivenPort, _ bytes: Int32) -> Bool {
    guard let descriptor = port.descriptors.first?.descriptor else { return false }
    var bytes = bytes
    return unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, 4) == 0
  }

  @Test func `the send buffer changes while the port runs`() throws {
    let (_, port) = try connect(SOCK_SEQPACKET)
    let descriptor = try #require(port.descriptors.first?.descriptor)
    #expect(try port.change(UMBEL_PREPARE_CONFIGURATION, ["buffers": .integer(65_536)], role: UMBEL_ROLE_GUEST))
    #expect(try socketOption(descriptor, SOL_SOCKET, SO_SNDBUF) == 131_072)
  }

  @Test func `runts, empty and too long frames never leave`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    for length in [0, 13, 9_217] { #expect(port.send([frame(length), frame(60)]) == -EMSGSIZE) }
    #expect(port.send([frame(60), frame(13), frame(60)]) == 1)
    #expect(guest.receive() == frame(60))
    #expect(guest.receive() == nil)
  }

  @Test func `closing a port gives the guest the end`() throws {
    let (guest, port) = try connect(SOCK_SEQPACKET)
    port.close()
    #expect(guest.receive() == [])
  }
}

@Suite struct SocketConfigurationTests {
  @Test func `a port without a client is refused with the remedy`() {
    let refusal = #expect(throws: Refusal.self) {
      try unsafe DrivenPort.check(Transport.socket, role: UMBEL_ROLE_GUEST)
    }
    #expect(refusal?.text.contains("umbel run") == true && refusal?.text.contains("connect") == true)
    #expect(throws: Refusal.self) { try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST) }
  }

  @Test func `the role trunk is refused`() throws {
    let (_, descriptor) = try GuestSocket.pair(SOCK_SEQPACKET)
    defer { close(descriptor) }
    let client = DrivenPort.Client(descriptor: descriptor, type: SOCK_SEQPACKET.rawValue)
    let refusal = #expect(throws: Refusal.self) {
      try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_TRUNK, client: client)
    }
    #expect(refusal?.text.contains("role: guest") == true)
  }

  @Test func `the descriptor of a client that is refused stays open`() throws {
    let (guest, descriptor) = try GuestSocket.pair(SOCK_SEQPACKET)
    defer { close(descriptor) }
    let client = DrivenPort.Client(descriptor: descriptor, type: SOCK_RAW.rawValue)
    #expect(throws: Refusal.self) { try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, client: client) }
    #expect(guest.send(frame(60)) == 60)
  }

  @Test func `each door says what its clients speak`() {
    let doors = unsafe (0..<4).map { unsafe Transport.socket.pointee.doors[$0] }
    #expect(unsafe doors.map { unsafe String(cString: $0.path) } == ["bess", "vde/ctl", "stream", "dgram"])
    #expect(
      unsafe doors.map(\.socket_type) == [SOCK_SEQPACKET, SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM].map(\.rawValue))
    #expect(unsafe doors.map(\.flags) == [0, UMBEL_DOOR_DIRECTORY, UMBEL_DOOR_INTERNET, 0])
  }
}
