import CTransport
import Glibc
import LinuxIO
import Testing

@testable import SocketTransport

// A guest at one end of a pair of Unix sockets; at the other a port, and after it the port of the next process.

private struct Pair {
  let guest: GuestSocket
  let type: __socket_type
  let port: DrivenPort

  init(_ type: __socket_type) throws {
    let (guest, descriptor) = try GuestSocket.pair(type)
    self.guest = guest
    self.type = type
    port = try Pair.open(DrivenPort.Client(descriptor: descriptor, type: type.rawValue))
  }

  /// The next process's port.
  func adopt(_ left: KeptPort) throws -> DrivenPort {
    try Pair.open(DrivenPort.Client(descriptor: -1, type: type.rawValue), left)
  }

  private static func open(_ client: DrivenPort.Client, _ left: KeptPort? = nil) throws -> DrivenPort {
    try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, client: client, adopted: left)
  }
}

/// u32 length in network order, then the frame.
private func prefixed(_ frame: [UInt8]) -> [UInt8] {
  [0, 0, UInt8(frame.count >> 8), UInt8(frame.count & 255)] + frame
}

private func temporaryPath() -> String { "/tmp/umbel-hand-over-\(UInt64.random(in: .min ... .max))" }

@Suite struct MessageHandOverTests {
  @Test(arguments: [SOCK_SEQPACKET, SOCK_DGRAM], [true, false])
  func `a guest goes on with the next process and has noticed nothing`(type: __socket_type, isQuiet: Bool) throws {
    let pair = try Pair(type)
    pair.guest.send(frame(60, tag: 1))
    #expect(pair.port.receive().map(\.bytes) == [frame(60, tag: 1)])
    pair.guest.send(frame(60, tag: 2))
    let left = try pair.port.leave(isQuiet: isQuiet)
    #expect(pair.guest.send(frame(60, tag: 3)) == 60)
    #expect(pair.guest.receive() == nil)
    let next = try pair.adopt(left)
    #expect(next.state == UMBEL_STATE_UP)
    #expect(next.text == pair.port.text)
    #expect(next.receive().map(\.bytes) == [frame(60, tag: 2), frame(60, tag: 3)])
    #expect(next.send([frame(60, tag: 4)]) == 1)
    #expect(pair.guest.receive() == frame(60, tag: 4))
  }

  @Test func `the next process may have other buffers`() throws {
    let pair = try Pair(SOCK_SEQPACKET)
    let next = try unsafe DrivenPort(
      Transport.socket, role: UMBEL_ROLE_GUEST, ["buffers": .integer(65_536)],
      client: DrivenPort.Client(descriptor: -1, type: pair.type.rawValue), adopted: try pair.port.leave(isQuiet: true))
    let socket = try #require(next.descriptors.first?.descriptor)
    #expect(try socketOption(socket, SOL_SOCKET, SO_SNDBUF) == 131_072)
  }

  @Test(arguments: [SOCK_SEQPACKET, SOCK_STREAM])
  func `a hand-over that comes to nothing changes nothing`(type: __socket_type) throws {
    let pair = try Pair(type)
    let bytes = type == SOCK_STREAM ? prefixed(frame(60)) : frame(60)
    try #require(pair.port.handOver(isQuiet: true)).close()
    pair.guest.send(bytes)
    #expect(pair.port.receive().map(\.bytes) == [frame(60)])
    #expect(pair.port.send([frame(60)]) == 1)
    #expect(pair.guest.receive() == bytes)
    #expect(pair.port.record.states.count == 1 && pair.port.record.descriptorChanges == 0)
  }

  @Test(arguments: [SOCK_SEQPACKET, SOCK_STREAM])
  func `a connection that has ended leaves nothing`(type: __socket_type) throws {
    let pair = try Pair(type)
    pair.guest.close()
    #expect(pair.port.receive().isEmpty)
    #expect(pair.port.handOver(isQuiet: true) == nil)
  }

  @Test(arguments: [SOCK_SEQPACKET, SOCK_STREAM])
  func `closing a port gives the guest the end although a duplicate is kept`(type: __socket_type) throws {
    let pair = try Pair(type)
    let duplicate = fcntl(try #require(pair.port.descriptors.first?.descriptor), F_DUPFD_CLOEXEC, 0)
    defer { close(duplicate) }
    pair.port.close()
    #expect(pair.guest.receive() == [])
    #expect(pair.guest.send([1]) == -1 && errno == EPIPE)
  }

  @Test func `a datagram guest finds its port closed although a duplicate is kept`() throws {
    let pair = try Pair(SOCK_DGRAM)
    let duplicate = fcntl(try #require(pair.port.descriptors.first?.descriptor), F_DUPFD_CLOEXEC, 0)
    defer { close(duplicate) }
    pair.port.close()
    #expect(pair.guest.send(frame(60)) == -1 && errno == EPIPE)
  }

  @Test(arguments: [[], [0], [2], [1, 0], [1, 0, 0, 0, 0]] as [[UInt8]])
  func `what an unknown version has left is refused, and stays the host's`(state: [UInt8]) throws {
    let pair = try Pair(SOCK_SEQPACKET)
    let left = try pair.port.leave(isQuiet: true)
    let refusal = #expect(throws: Refusal.self) { try pair.adopt(left.with(state: state)) }
    #expect(refusal?.code == EBADMSG)
    #expect(pair.guest.receive() == nil)
    left.close()
    // Nobody else has it.
    #expect(pair.guest.receive() == [])
  }

  @Test func `other descriptors than a port leaves are refused`() throws {
    let pair = try Pair(SOCK_SEQPACKET)
    let left = try pair.port.leave(isQuiet: true)
    let own = left.numbers[0]
    let (_, stream) = try GuestSocket.pair(SOCK_STREAM)
    defer { close(stream) }
    for wrong in [[], [(own, 1)], [(own, 0), (stream, 1)], [(own, 0), (own, 0)], [(stream, 0)], [(-1, 0)]]
      as [[(Int32, UInt32)]]
    {
      let refusal = #expect(throws: Refusal.self) { try pair.adopt(left.with(wrong)) }
      #expect(refusal?.code == EBADMSG)
    }
    let next = try pair.adopt(left)
    #expect(next.send([frame(60)]) == 1)
  }
}

@Suite struct StreamHandOverTests {
  @Test func `no frame is lost, cut or doubled, wherever the reader is`() throws {
    let sent = (0..<6).map { frame(60 + $0, tag: UInt8($0)) }
    let bytes = sent.flatMap { prefixed($0) }
    for cut in [0, 1, 3, 4, 5, 63, 64, 65, 200, bytes.count - 1, bytes.count] {
      for capacity in [1, 3, 64] {
        let pair = try Pair(SOCK_STREAM)
        pair.guest.send(Array(bytes[..<cut]))
        var received = cut == 0 ? [] : pair.port.receive(capacity: capacity).map(\.bytes)
        let left = try pair.port.leave(isQuiet: true)
        pair.guest.send(Array(bytes[cut...]))
        let next = try pair.adopt(left)
        while received.count < sent.count {
          let more = next.receive(waiting: next.hasMore ? nil : 300).map(\.bytes)
          try #require(!more.isEmpty)
          received += more
        }
        #expect(received == sent)
        #expect(next.receive(waiting: 0).isEmpty)
      }
    }
  }

  @Test func `frames that were read and not handed on come without a word from the guest, once`() throws {
    let pair = try Pair(SOCK_STREAM)
    pair.guest.send((0..<5).flatMap { prefixed(frame(60, tag: UInt8($0))) })
    #expect(pair.port.receive(capacity: 3).count == 3)
    let next = try pair.adopt(try pair.port.leave(isQuiet: true))
    #expect(next.descriptors.map(\.events) == [0x5])
    #expect(next.receive(capacity: 1).map(\.bytes[0]) == [3])
    #expect(next.hasMore)
    #expect(next.descriptors.map(\.events) == [0x1])
    #expect(next.record.descriptorChanges == 1)
    #expect(next.receive(waiting: nil).map(\.bytes[0]) == [4])
    #expect(!next.hasMore)
  }

  @Test func `half a frame is no reason to be called`() throws {
    let pair = try Pair(SOCK_STREAM)
    pair.guest.send([0, 0, 0])
    #expect(pair.port.receive().isEmpty)
    let next = try pair.adopt(try pair.port.leave(isQuiet: true))
    #expect(next.descriptors.map(\.events) == [0x1])
  }

  @Test func `a frame that the socket took in part is finished by the next process`() throws {
    let pair = try Pair(SOCK_STREAM)
    let socket = try #require(pair.port.descriptors.first?.descriptor)
    try setSocketOption(socket, SOL_SOCKET, SO_SNDBUF, 1)
    var sent = 0
    while pair.port.deadline == .max {
      let taken = pair.port.send([frame(9_000, tag: UInt8(truncatingIfNeeded: sent))])
      if taken > 0 { sent += 1 } else { try #require(taken != -EAGAIN, "no frame was cut") }
    }
    let next = try pair.adopt(try pair.port.leave(isQuiet: true))
    #expect(next.deadline != .max)
    var stream: [UInt8] = []
    for _ in 0..<100 where next.deadline != .max {
      while let bytes = pair.guest.receive() { stream += bytes }
      next.tick(next.deadline)
    }
    #expect(next.send([frame(60, tag: 99)]) == 1)
    while let bytes = pair.guest.receive() { stream += bytes }
    let expected = (0..<sent).flatMap { prefixed(frame(9_000, tag: UInt8(truncatingIfNeeded: $0))) }
    // Said of the whole, so that a failure does not print it.
    let isWhole = stream == expected + prefixed(frame(60, tag: 99))
    #expect(isWhole)
  }

  @Test func `after a kill the stream ends with its process`() throws {
    let pair = try Pair(SOCK_STREAM)
    #expect(pair.port.handOver(isQuiet: false) == nil)
  }

  @Test func `what no stream can have left is refused`() throws {
    let pair = try Pair(SOCK_STREAM)
    let left = try pair.port.leave(isQuiet: true)
    func fields(_ lengths: Int...) -> [UInt8] {
      lengths.reduce(into: [1]) {
        $0 += [0, UInt8($1 >> 16), UInt8($1 >> 8 & 255), UInt8($1 & 255)] + [UInt8](repeating: 0, count: $1)
      }
    }
    for wrong in [
      [], [1], fields(0), fields(0, 0, 0), fields(65_537, 0), fields(0, 9_221), Array(fields(3, 3).dropLast()),
      [1, 0xff, 0xff, 0xff, 0xff], fields(0, 0) + [0],
    ] {
      let refusal = #expect(throws: Refusal.self) { try pair.adopt(left.with(state: wrong)) }
      #expect(refusal?.code == EBADMSG)
    }
    var moved = left
    moved.flags = 0
    #expect(throws: Refusal.self) { try pair.adopt(moved) }
    left.close()
    #expect(pair.guest.receive() == [])
  }
}

@Suite struct ConnectHandOverTests {
  private func open(_ path: String, _ left: KeptPort? = nil) throws -> DrivenPort {
    try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, ["connect": .text(path)], adopted: left)
  }

  @Test func `a server keeps its client over a restart, in the middle of a frame`() throws {
    let path = temporaryPath()
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    let port = try open(path)
    let peer = try server.accept()
    peer.send(prefixed(frame(60)) + [0, 0, 0])
    #expect(port.receive().map(\.bytes) == [frame(60)])
    let next = try open(path, try port.leave(isQuiet: true))
    #expect(next.state == UMBEL_STATE_UP && next.text == port.text)
    #expect(peer.receive() == nil)
    peer.send([60] + frame(60, tag: 2))
    #expect(next.receive().map(\.bytes) == [frame(60, tag: 2)])
    #expect(next.send([frame(60, tag: 3)]) == 1)
    #expect(peer.receive() == prefixed(frame(60, tag: 3)))
    // It is a port like any other: it comes back.
    shutdown(peer.number, Int32(SHUT_RDWR))
    #expect(next.receive().isEmpty)
    #expect(try next.change(UMBEL_PREPARE_RETRY))
    #expect(next.state == UMBEL_STATE_UP)
  }

  @Test func `frames that were read and not handed on come without a word from the server`() throws {
    let path = temporaryPath()
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    let port = try open(path)
    try server.accept().send(prefixed(frame(60, tag: 1)) + prefixed(frame(60, tag: 2)))
    #expect(port.receive(capacity: 1).map(\.bytes[0]) == [1])
    let next = try open(path, try port.leave(isQuiet: true))
    #expect(next.receive().map(\.bytes[0]) == [2])
    #expect(next.descriptors.map(\.events) == [0x1])
  }

  @Test func `nothing is left while there is no connection, or after a kill`() throws {
    let path = temporaryPath()
    let port = try open(path)
    #expect(port.handOver(isQuiet: true) == nil)
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    #expect(try port.change(UMBEL_PREPARE_RETRY))
    #expect(port.handOver(isQuiet: false) == nil)
    let left = try #require(port.handOver(isQuiet: true))
    #expect(left.numbers.count == 1)
    left.close()
    _ = server
  }

  @Test func `closing the port gives the server the end although a duplicate is kept`() throws {
    let path = temporaryPath()
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    let port = try open(path)
    let peer = try server.accept()
    let duplicate = fcntl(try #require(port.descriptors.first?.descriptor), F_DUPFD_CLOEXEC, 0)
    defer { close(duplicate) }
    port.close()
    #expect(peer.receive() == [])
  }
}

@Suite struct VDEHandOverTests {
  private func adopt(_ left: KeptPort) throws -> DrivenPort {
    let client = DrivenPort.Client(
      descriptor: -1, type: SOCK_STREAM.rawValue, door: 1, user: geteuid(), process: 4_711)
    return try unsafe DrivenPort(
      Transport.socket, role: UMBEL_ROLE_GUEST, client: client, adopted: left)
  }

  @Test(arguments: [true, false]) func `a guest goes on with the next process and has noticed nothing`(
    isQuiet: Bool
  ) throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach(door.guest.request(description: "vde_plug: user=ada"))
    let left = try port.leave(isQuiet: isQuiet)
    door.guest.send(frame(60, tag: 1), to: path)
    #expect(door.guest.control.receive() == nil)
    let next = try adopt(left)
    #expect(next.state == UMBEL_STATE_UP && next.text == port.text)
    #expect(next.record.states.last?.largestFrame == 2_046)
    #expect(next.receive().map(\.bytes) == [frame(60, tag: 1)])
    #expect(next.send([frame(60, tag: 2)]) == 1)
    #expect(door.guest.data.receive() == frame(60, tag: 2))
    try door.hangUp(next)
    #expect(next.state == UMBEL_STATE_CLOSING)
    #expect(unsafe access(path, F_OK) == 0)
    next.close()
    #expect(door.files == ["guest"])
  }

  @Test func `closing a port gives the guest the end although duplicates are kept`() throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach()
    let duplicates = port.descriptors.map { fcntl($0.descriptor, F_DUPFD_CLOEXEC, 0) }
    defer { for duplicate in duplicates { close(duplicate) } }
    #expect(door.guest.connect(to: path) == 0)
    port.close()
    #expect(door.guest.control.receive() == [])
    #expect(door.guest.data.send(frame(60)) == -1 && errno == EPIPE)
    #expect(door.files == ["guest"])
  }

  @Test func `what no port of the door has left is refused, and its socket stays`() throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach()
    let left = try port.leave(isQuiet: true)
    let (data, control) = (left.numbers[0], left.numbers[1])
    // A data socket that has no name.
    let (_, other) = try GuestSocket.pair(SOCK_DGRAM)
    defer { close(other) }
    var cut = left.state
    cut.removeLast()
    cut[4] -= 1
    for wrong in [left.with(state: [1]), left.with(state: cut)]
      + ([[(data, 0)], [(control, 0), (data, 1)], [(other, 0), (control, 1)]] as [[(Int32, UInt32)]]).map(left.with)
    {
      #expect(throws: Refusal.self) { try adopt(wrong) }
    }
    #expect(unsafe access(path, F_OK) == 0)
    let next = try adopt(left)
    #expect(next.state == UMBEL_STATE_UP)
  }
}
