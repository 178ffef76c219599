import CTransport
import Glibc
import LinuxIO
import Testing

@testable import SocketTransport

// A port that is the client of a stream server in this process.

private func connect(to text: String) throws -> DrivenPort {
  try unsafe DrivenPort(Transport.socket, role: UMBEL_ROLE_GUEST, ["connect": .text(text)])
}

private func temporaryPath() -> String { "/tmp/umbel-connect-\(UInt64.random(in: .min ... .max))" }

/// u32 length in network order, then the frame.
private func prefixed(_ frame: [UInt8]) -> [UInt8] {
  [0, 0, UInt8(frame.count >> 8), UInt8(frame.count & 255)] + frame
}

/// Waits until the port's socket has something to say, and passes it on as the host does.
private func waitForAnswer(_ port: DrivenPort) throws {
  let first = try #require(port.descriptors.first)
  #expect(first.kind == UMBEL_DESCRIPTOR_HOUSEKEEPING && first.events == 0x4)
  var entry = pollfd(fd: first.descriptor, events: Int16(POLLOUT), revents: 0)
  try #require(unsafe poll(&entry, 1, 5_000) == 1)
  port.ready(UInt32(UInt16(bitPattern: entry.revents)))
}

@Suite struct ConnectTests {
  @Test func `a Unix server is connected to at once, and frames pass both ways`() throws {
    let path = temporaryPath()
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    let port = try connect(to: path)
    #expect(port.state == UMBEL_STATE_UP)
    #expect(port.text == "connected to \(path)")
    let peer = try server.accept()
    peer.send(prefixed(frame(60)) + prefixed(frame(9_216, tag: 2)))
    #expect(port.receive().map(\.bytes) == [frame(60), frame(9_216, tag: 2)])
    #expect(port.send([frame(60, tag: 3), frame(1_514, tag: 4)], pieceLength: 1_000) == 2)
    #expect(peer.receive() == prefixed(frame(60, tag: 3)) + prefixed(frame(1_514, tag: 4)))
  }

  @Test(arguments: ["127.0.0.1", "::1"]) func `a TCP server is connected to without waiting`(address: String) throws {
    let server = try StreamServer(address)
    let name = address.contains(":") ? "[\(address)]" : address
    let port = try connect(to: "\(name):\(server.port)")
    if port.state == UMBEL_STATE_WAITING { try waitForAnswer(port) }
    #expect(port.state == UMBEL_STATE_UP)
    let peer = try server.accept()
    peer.send(prefixed(frame(60)))
    #expect(port.receive().map(\.bytes) == [frame(60)])
    let socket = try #require(port.descriptors.first?.descriptor)
    #expect(try socketOption(socket, Int32(IPPROTO_TCP), TCP_NODELAY) == 1)
    #expect(try socketOption(socket, SOL_SOCKET, SO_KEEPALIVE) == 1)
    #expect(try socketOption(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) == 30_000)
  }

  @Test func `a server that is not there yet is waited for`() throws {
    let path = temporaryPath()
    let port = try connect(to: path)
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text == "\(path) does not take a connection: No such file or directory")
    #expect(port.descriptors.isEmpty)
    #expect(port.send([frame(60)]) == -EAGAIN)
    #expect(try !port.change(UMBEL_PREPARE_RETRY))
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    #expect(try port.change(UMBEL_PREPARE_RETRY))
    #expect(port.state == UMBEL_STATE_UP)
    try server.accept().send(prefixed(frame(60)))
    #expect(port.receive().map(\.bytes) == [frame(60)])
  }

  @Test func `a TCP server that refuses is waited for`() throws {
    let taken = try StreamServer("127.0.0.1")
    let number = try taken.port
    shutdown(taken.number, Int32(SHUT_RDWR))
    let port = try connect(to: "127.0.0.1:\(number)")
    if !port.descriptors.isEmpty { try waitForAnswer(port) }
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text == "127.0.0.1:\(number) does not take a connection: Connection refused")
    #expect(port.descriptors.isEmpty)
  }

  @Test func `a server that goes away is waited for, and the port comes back`() throws {
    let path = temporaryPath()
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    let port = try connect(to: path)
    for round in 0..<3 {
      let peer = try server.accept()
      // The half of a frame of one connection is none of the next one's.
      peer.send(prefixed(frame(60, tag: UInt8(round))) + [0, 0, 0])
      #expect(port.receive().map(\.bytes) == [frame(60, tag: UInt8(round))])
      shutdown(peer.number, Int32(SHUT_RDWR))
      #expect(port.receive().isEmpty)
      #expect(port.state == UMBEL_STATE_WAITING)
      #expect(port.text == "\(path) has closed the connection")
      #expect(port.descriptors.isEmpty)
      #expect(try port.change(UMBEL_PREPARE_RETRY))
      #expect(port.state == UMBEL_STATE_UP)
    }
  }

  @Test func `a stream that is out of step is left, and the peer learns of it`() throws {
    let path = temporaryPath()
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    let port = try connect(to: path)
    let peer = try server.accept()
    peer.send([0xff, 0xff, 0xff, 0xff])
    #expect(port.receive().isEmpty)
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text.contains("out of step: a frame of 4294967295 bytes"))
    #expect(peer.receive() == [])
  }

  @Test func `a server that does not answer is given up after ten seconds`() throws {
    // A backlog that is full: what connects to it is neither taken nor refused.
    let server = try StreamServer("127.0.0.1")
    var others: [DrivenPort] = []
    var port = try connect(to: "127.0.0.1:\(server.port)")
    while others.count < 64 {
      if port.state == UMBEL_STATE_WAITING, let first = port.descriptors.first {
        var entry = pollfd(fd: first.descriptor, events: Int16(POLLOUT), revents: 0)
        if unsafe poll(&entry, 1, 100) == 0 { break }
      }
      others.append(port)
      port = try connect(to: "127.0.0.1:\(server.port)")
    }
    try #require(port.deadline != .max)
    #expect(port.deadline > monotonicNanoseconds() + 8_000_000_000)
    port.tick(port.deadline)
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text.hasSuffix("does not answer"))
    #expect(port.descriptors.isEmpty && port.deadline == .max)
  }

  @Test func `a host that resolves nothing leaves the port waiting`() throws {
    let port = try connect(to: "umbel.test:1234")
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text == "cannot look up umbel.test now")
  }

  @Test func `a name's addresses are tried in turn, then it is looked up again`() throws {
    let server = try StreamServer("127.0.0.1")
    let number = try server.port
    let port = try connect(to: "umbel.test:\(number)")
    port.resolve([[127, 0, 0, 2], [127, 0, 0, 1]])
    for _ in 0..<2 {
      #expect(try port.change(UMBEL_PREPARE_RETRY))
      if !port.descriptors.isEmpty, port.state == UMBEL_STATE_WAITING { try waitForAnswer(port) }
      if port.state == UMBEL_STATE_UP { break }
    }
    #expect(port.state == UMBEL_STATE_UP)
    #expect(port.text == "connected to umbel.test:\(number)")
  }

  @Test func `a name that is not known is said so`() throws {
    let port = try connect(to: "umbel.test:1234")
    port.fail(resolving: EAI_NONAME)
    #expect(port.state == UMBEL_STATE_WAITING)
    #expect(port.text.hasPrefix("umbel.test cannot be looked up: "))
  }

  @Test func `the send buffer changes while the port runs`() throws {
    let path = temporaryPath()
    let server = try StreamServer(path: path)
    defer { unsafe unlink(path) }
    let port = try connect(to: path)
    let values: [String: OptionValue] = ["connect": .text(path), "buffers": .integer(65_536)]
    #expect(try port.change(UMBEL_PREPARE_CONFIGURATION, values, role: UMBEL_ROLE_GUEST))
    let socket = try #require(port.descriptors.first?.descriptor)
    #expect(try socketOption(socket, SOL_SOCKET, SO_SNDBUF) == 131_072)
    _ = server
  }

  @Test(arguments: ["/run/x", "localhost:1", "127.0.0.1:65535", "[::1]:1102", "qemu.example:4000"])
  func `places are read as they are written`(text: String) throws {
    #expect(try ConnectTarget(text).description == text)
    try unsafe DrivenPort.check(Transport.socket, role: UMBEL_ROLE_GUEST, ["connect": .text(text)])
  }

  @Test(arguments: [
    "", "localhost", "localhost:", "localhost:0", "localhost:65536", ":1102", "::1:1102", "[::1]", "[127.0.0.1]:1",
    "[x]:1", "run/x", "/" + String(repeating: "x", count: 107),
  ])
  func `other words are refused at the option`(text: String) {
    let refusal = #expect(throws: Refusal.self) {
      try unsafe DrivenPort.check(Transport.socket, role: UMBEL_ROLE_GUEST, ["connect": .text(text)])
    }
    #expect(refusal?.option == "connect")
  }
}
