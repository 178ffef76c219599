import CTransport
import Glibc
import LinuxIO
import Testing

@testable import SocketTransport

// A guest at one end of a Unix stream, the port at the other: u32 length in network order, then the frame.

private func connect() throws -> (guest: GuestSocket, port: DrivenPort) {
  let (guest, descriptor) = try GuestSocket.pair(SOCK_STREAM)
  let client = DrivenPort.Client(descriptor: descriptor, type: SOCK_STREAM.rawValue)
  return (guest, try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, client: client))
}

private func prefixed(_ frame: [UInt8], length: Int? = nil) -> [UInt8] {
  let length = length ?? frame.count
  return [UInt8(length >> 24 & 255), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)] + frame
}

/// Takes a stream apart.
private func frames(of stream: [UInt8]) -> [[UInt8]] {
  var result: [[UInt8]] = []
  var rest = stream[...]
  while rest.count >= 4 {
    let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(4)
    result.append(Array(rest.prefix(length)))
    rest = rest.dropFirst(length)
  }
  return result
}

@Suite struct SocketStreamTests {
  @Test func `frames pass both ways`() throws {
    let (guest, port) = try connect()
    guest.send(prefixed(frame(60)) + prefixed(frame(1_514, tag: 2)) + prefixed(frame(9_216, tag: 3)))
    let received = port.receive()
    #expect(received.map(\.bytes) == [frame(60), frame(1_514, tag: 2), frame(9_216, tag: 3)])
    #expect(received.allSatisfy { $0.isClean && $0.port == DrivenPort.number })
    #expect(port.send([frame(60, tag: 4), frame(9_216, tag: 5)], pieceLength: 3_000) == 2)
    #expect(guest.receive() == prefixed(frame(60, tag: 4)) + prefixed(frame(9_216, tag: 5)))
  }

  @Test func `a frame that comes byte by byte is one frame`() throws {
    let (guest, port) = try connect()
    let bytes = prefixed(frame(60)) + prefixed(frame(61))
    var received: [ReceivedFrame] = []
    for byte in bytes {
      guest.send([byte])
      received += port.receive()
    }
    #expect(received.map(\.bytes) == [frame(60), frame(61)])
  }

  @Test func `a stream longer than the buffer arrives whole`() throws {
    let (guest, port) = try connect()
    let sent = (0..<120).map { frame(1_000 + $0 * 60, tag: UInt8($0)) }
    let bytes = sent.flatMap { prefixed($0) }
    var offset = 0
    var received: [[UInt8]] = []
    while received.count < sent.count {
      if offset < bytes.count { offset += max(guest.send(Array(bytes[offset..<min(offset + 50_000, bytes.count)])), 0) }
      let batch = port.receive()
      try #require(!batch.isEmpty || offset < bytes.count)
      received += batch.map(\.bytes)
    }
    #expect(received == sent)
  }

  @Test func `frames that the batch has no room for are at hand without polling`() throws {
    let (guest, port) = try connect()
    guest.send((0..<5).flatMap { prefixed(frame(60, tag: UInt8($0))) })
    #expect(port.receive(capacity: 3).map(\.bytes[0]) == [0, 1, 2])
    #expect(port.hasMore)
    let descriptor = try #require(port.descriptors.first?.descriptor)
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&entry, 1, 0) == 0)
    #expect(port.receive(waiting: nil).map(\.bytes[0]) == [3, 4])
    #expect(!port.hasMore)
  }

  @Test(arguments: [0, 13, 9_217, 1 << 24, 0xffff_ffff])
  func `a length that no frame has ends the port, after the frames before it`(length: Int) throws {
    let (guest, port) = try connect()
    guest.send(prefixed(frame(60)) + prefixed([], length: length))
    #expect(port.receive().map(\.bytes) == [frame(60)])
    if port.state != UMBEL_STATE_CLOSING { _ = port.receive() }
    #expect(port.state == UMBEL_STATE_CLOSING)
    #expect(port.text.contains("out of step: a frame of \(length) bytes"))
    #expect(port.descriptors.isEmpty)
  }

  @Test func `a guest that closes ends its port, after its last frames`() throws {
    let (guest, port) = try connect()
    guest.send(prefixed(frame(60)) + prefixed(frame(60)).dropLast())
    guest.close()
    #expect(port.receive().map(\.bytes) == [frame(60)])
    #expect(port.receive().isEmpty)
    #expect(port.state == UMBEL_STATE_CLOSING)
    #expect(port.text == "the guest has closed the connection")
  }

  @Test func `a frame that the socket took in part is finished before others`() throws {
    let (guest, port) = try connect()
    let descriptor = try #require(port.descriptors.first?.descriptor)
    try setSocketOption(descriptor, SOL_SOCKET, SO_SNDBUF, 1)
    let sent = (0..<400).map { frame(5_000 + $0, tag: UInt8(truncatingIfNeeded: $0)) }
    var stream: [UInt8] = []
    var next = 0
    var keptRests = 0
    while next < sent.count {
      let taken = port.send(Array(sent[next..<min(next + 64, sent.count)]), pieceLength: 2_048)
      if taken > 0 { next += Int(taken) }
      if port.deadline != .max { keptRests += 1 }
      if let bytes = guest.receive() { stream += bytes }
    }
    while port.deadline != .max {
      port.tick(monotonicNanoseconds())
      if let bytes = guest.receive() { stream += bytes }
    }
    while let bytes = guest.receive() { stream += bytes }
    #expect(keptRests > 0)
    #expect(frames(of: stream) == sent)
  }

  @Test func `a rest is tried again after a millisecond, then less and less often`() throws {
    let (guest, port) = try connect()
    let descriptor = try #require(port.descriptors.first?.descriptor)
    try setSocketOption(descriptor, SOL_SOCKET, SO_SNDBUF, 1)
    #expect(port.deadline == .max)
    while port.send((0..<64).map { _ in frame(9_000) }) > 0 {}
    try #require(port.deadline != .max)
    var now = port.deadline
    var delays: [UInt64] = []
    for _ in 0..<7 {
      port.tick(now)
      delays.append(port.deadline - now)
      now = port.deadline
    }
    #expect(delays == [2, 4, 8, 16, 32, 32, 32].map { $0 * 1_000_000 })
    #expect(port.send([frame(60)]) == -EAGAIN)
    for _ in 0..<100 where port.deadline != .max {
      while guest.receive() != nil {}
      port.tick(port.deadline)
    }
    #expect(port.deadline == .max)
  }

  @Test func `a frame for a guest that is gone is refused alone`() throws {
    let (guest, port) = try connect()
    guest.close()
    #expect(port.send([frame(60)]) == -EPIPE)
    #expect(port.counters == ["send-epipe": 1])
  }

  @Test func `runts, empty and too long frames never leave`() throws {
    let (guest, port) = try connect()
    for length in [0, 13, 9_217] { #expect(port.send([frame(length), frame(60)]) == -EMSGSIZE) }
    #expect(port.send([frame(60), frame(13), frame(60)]) == 1)
    #expect(guest.receive() == prefixed(frame(60)))
  }

  @Test func `over TCP a port sends at once, and notices a peer that has gone without a word`() throws {
    let server = try StreamServer("127.0.0.1")
    let other = try unsafe DrivenPort(
      Transport.socket, role: UMBEL_ROLE_GUEST, ["connect": .text("127.0.0.1:\(server.port)")])
    let descriptor = try server.accept().release()
    let client = DrivenPort.Client(descriptor: descriptor, type: SOCK_STREAM.rawValue)
    let port = try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, client: client)
    let tcp = Int32(IPPROTO_TCP)
    #expect(try socketOption(descriptor, tcp, TCP_NODELAY) == 1)
    #expect(try socketOption(descriptor, SOL_SOCKET, SO_KEEPALIVE) == 1)
    #expect(try socketOption(descriptor, tcp, TCP_KEEPIDLE) == 10)
    #expect(try socketOption(descriptor, tcp, TCP_USER_TIMEOUT) == 30_000)
    #expect(port.state == UMBEL_STATE_UP && !other.descriptors.isEmpty)
  }
}
