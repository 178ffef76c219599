import Agent
import AgentAPI
import Glibc
import LinuxIO
import Testing

@Suite("What clients cannot do to the control interface")
struct VarlinkServerLimitTests {
  private typealias Raw = RawClient

  @Test("A long list comes in pieces, all of it")
  func stream() throws {
    let server = try ServerThread()
    defer { server.stop() }
    server.perform { _, handler in handler.stations = 2_000 }
    let client = try AgentClient(path: server.path)
    var ports: [String] = []
    try client.callMore(ListStations.self, .init()) { ports += $0.stations.map(\.port) }
    #expect(ports == (0..<2_000).map { "p\($0)" })
    #expect(server.perform { _, handler in handler.pieces } == 8)
    #expect(try client.call(Status.self, Nothing()) == TestHandler.status)
  }

  @Test("An answer that is too large for a message says how to ask")
  func tooLargeAnswer() throws {
    let server = try ServerThread()
    defer { server.stop() }
    server.perform { _, handler in handler.stations = 20_000 }
    let client = try AgentClient(path: server.path)
    let expected = AgentError.limitReached(
      "bytes in a reply", limit: 1 << 20, remedy: "Ask for one LAN, or call with \"more\".")
    #expect(throws: ClientError.refused(expected)) { try client.call(ListStations.self, .init()) }
  }

  @Test("A stream waits for its reader")
  func paced() throws {
    let server = try ServerThread()
    defer { server.stop() }
    server.perform { _, handler in handler.stations = 100_000 }
    let client = try RawClient(server)
    try client.send(Raw.request("ListStations", "{}", ",\"more\":true"))
    #expect(server.eventually { _, handler in handler.pieces > 1 })
    usleep(200_000)
    // All of them are 391 pieces of 30 KB; the sockets' buffers hold some.
    #expect(server.perform { _, handler in handler.pieces } < 100)
    #expect(server.perform { server, _ in server.connectionCount } == 1)
  }

  @Test("A client that never reads is closed, and no other is kept waiting")
  func neverReads() throws {
    var limits = VarlinkServer.Limits()
    limits.stallMilliseconds = 300
    let server = try ServerThread(limits)
    defer { server.stop() }
    server.perform { _, handler in handler.stations = 100_000 }
    let deaf = try RawClient(server)
    try deaf.send(Raw.request("ListStations", "{}", ",\"more\":true"))
    #expect(server.eventually { _, handler in handler.pieces > 1 })
    #expect(try AgentClient(path: server.path).call(Status.self, Nothing()) == TestHandler.status)
    #expect(server.eventually { server, _ in server.faults.unread == 1 && server.connectionCount == 0 })
    _ = deaf.socket.number
  }

  @Test("Replies beyond the queue's limit close the connection")
  func queueLimit() throws {
    var limits = VarlinkServer.Limits()
    limits.queuedBytes = 1 << 20
    let server = try ServerThread(limits)
    defer { server.stop() }
    let deaf = try RawClient(server)
    try deaf.send(Raw.request("ListLans", "{}", ",\"more\":true"))
    #expect(server.eventually { _, handler in handler.held.count == 1 })
    let sent = server.perform { server, handler in
      let reply = RemoveLan.Parameters(name: String(repeating: "x", count: 100_000))
      for count in 0..<100 {
        handler.held[0].reply(reply, continues: true)
        if server.faults.unread > 0 { return count }
      }
      return 100
    }
    #expect((10..<20).contains(sent))
    #expect(server.perform { server, _ in server.connectionCount } == 0)
    _ = deaf.socket.number
  }

  @Test("A client that asks without end and reads nothing is held back by its own socket")
  func heldBack() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let client = try RawClient(server)
    _ = fcntl(client.socket.number, F_SETFL, O_NONBLOCK)
    let requests = Array(String(repeating: Raw.request("Status"), count: 100).utf8.map { $0 == 0x7c ? 0 : $0 })
    var sent = 0
    // Half a second, in which a server that read on would take far more.
    for _ in 0..<500 {
      guard case .bytes(let count) = try UnixSocket.write(requests[...], to: client.socket) else {
        usleep(1_000)
        continue
      }
      sent += count
    }
    // A socket's buffers hold some hundred KB each way; the server adds a piece of 16 KB.
    #expect(sent < 4 << 20)
    #expect(server.perform { server, _ in server.connectionCount } == 1)
  }

  @Test("What is no message closes the connection", arguments: ["|", "hello|", "[]|", "{\"method\":7}|", "{}|"])
  func garbage(_ text: String) throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    try client.send(Raw.request("ListPorts") + text + Raw.request("ListPorts"))
    #expect(try client.receive() == "{\"parameters\":{\"ports\":[]}}")
    #expect(try client.receive() == nil)
    #expect(server.perform { server, _ in server.faults.malformed } == 1)
  }

  @Test("A message that does not end closes the connection")
  func endless() throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    // Which of the two depends on whether the server had bytes left to read when it closed.
    let error = #expect(throws: Errno.self) {
      for _ in 0..<100 { try client.send(String(repeating: " ", count: 65_536)) }
    }
    #expect(error == Errno(EPIPE) || error == Errno(ECONNRESET))
    #expect(try client.receive() == nil)
    #expect(server.perform { server, _ in server.faults.malformed } == 1)
  }

  @Test("Connections are bounded, and one too many is told so")
  func connections() throws {
    var limits = VarlinkServer.Limits()
    limits.connections = 2
    let server = try ServerThread(limits)
    defer { server.stop() }
    let first = try AgentClient(path: server.path)
    let second = try AgentClient(path: server.path)
    #expect(try first.call(Status.self, Nothing()) == TestHandler.status)
    #expect(try second.call(Status.self, Nothing()) == TestHandler.status)
    let expected = AgentError.limitReached(
      "connections to the agent", limit: 2, remedy: "Close one of them and try again.")
    #expect(throws: ClientError.refused(expected)) {
      try AgentClient(path: server.path).call(Status.self, Nothing())
    }
    #expect(server.perform { server, _ in server.faults.overLimit } == 1)
  }

  @Test("A descriptor comes with the answer, and works")
  func attach() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let client = try AgentClient(path: server.path)
    var descriptors = Descriptors()
    let reply = try client.call(
      Attach.self, .init(lan: "lab", kind: .seqpacket, endWithCaller: false), descriptors: &descriptors)
    guard let descriptor = descriptors.take(reply.descriptor) else { throw Errno(EBADF) }
    var frame = [UInt8](repeating: 0, count: 16)
    #expect(try UnixSocket.read(from: descriptor, into: &frame) == .bytes(3))
    // The handler has closed the other end, and the server has kept no copy of this one.
    var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&entry, 1, 1_000) == 1)
    #expect(try UnixSocket.read(from: descriptor, into: &frame) == .end)
  }

  @Test("Descriptors that a client sends unasked are closed")
  func unasked() throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    let request = Array(Raw.request("ListPorts").utf8.map { $0 == 0x7c ? 0 : $0 })
    #expect(
      try UnixSocket.send(request[...], with: Descriptors(pair.first), to: client.socket) == .bytes(request.count))
    #expect(try client.receive() == "{\"parameters\":{\"ports\":[]}}")
    var entry = pollfd(fd: pair.second.number, events: 0, revents: 0)
    #expect(unsafe poll(&entry, 1, 1_000) == 1)
    #expect(entry.revents & Int16(POLLHUP) != 0)
  }
}
