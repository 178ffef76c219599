import Glibc
import LinuxIO
import SystemdSupport
import Testing

@testable import Agent
@testable import TransportHost

/// Descriptors of a process that has ended, as the next one gets them.
private final class Given {
  /// The other ends, by name; non-blocking.
  private(set) var peers: [String: Box<Descriptor>] = [:]
  private var entries: [(name: String, number: Int32)] = []

  /// One end of a pair is given, by this name.
  /// - Returns: a copy of it, as the service manager has one.
  @discardableResult
  func pair(_ name: String) throws -> Box<Descriptor> {
    let pair = try UnixSocket.pair(.seqpacket, nonBlocking: true)
    let copy = Box(try pair.first.duplicate())
    entries.append((name, pair.first.release()))
    peers[name] = Box(pair.second)
    return copy
  }

  /// A socket that listens is given.
  func listener(_ name: String, at path: String) throws {
    entries.append((name, try UnixSocket.listen(at: path, kind: .stream, mode: 0o600).release()))
  }

  func inheritance(_ state: HandOverState) -> Inheritance {
    var given = GivenDescriptors(entries)
    return Inheritance(state, given: &given)
  }

  /// Whether the other end sees that the connection is over.
  func isOver(_ name: String) throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16)
    return try UnixSocket.read(from: try #require(peers[name]).value, into: &buffer) == .end
  }
}

struct InheritedPortsTests {
  private static func port(_ name: String, kept: [String]) -> HandOverState.Port {
    HandOverState.Port(
      name: name, transport: "socket", isTrunk: false, origin: .guest, options: [:],
      heritage: HandOverState.KeptHeritage(
        isQuiet: true, kept: kept.enumerated().map { HandOverState.Kept(kind: UInt32($0), name: $1) }, state: [7]))
  }

  private static func state(_ ports: HandOverState.Port...) -> HandOverState {
    HandOverState(lans: [HandOverState.LAN(name: "lab", ports: ports)])
  }

  @Test func `a port gets the descriptors that it named, with their kinds`() throws {
    let given = Given()
    try given.pair("umbel-d1")
    try given.pair("umbel-d2")
    let port = Self.port("p", kept: ["umbel-d2", "umbel-d1"])
    let inheritance = given.inheritance(Self.state(port))
    let heritage = try #require(inheritance.heritage(of: port))
    #expect(heritage.kept.map(\.kind) == [0, 1] && heritage.state == [7] && heritage.isQuiet)
    let byte = [UInt8(1)]
    _ = unsafe send(heritage.kept[0].descriptor, byte, 1, 0)
    var buffer = [UInt8](repeating: 0, count: 16)
    #expect(try UnixSocket.read(from: try #require(given.peers["umbel-d2"]).value, into: &buffer) == .bytes(1))
    for kept in heritage.kept { close(kept.descriptor) }
  }

  @Test func `a port gets nothing when one of its descriptors was not kept`() throws {
    let given = Given()
    try given.pair("umbel-d1")
    let port = Self.port("p", kept: ["umbel-d1", "umbel-d9"])
    let inheritance = given.inheritance(Self.state(port))
    #expect(inheritance.heritage(of: port) == nil)
    #expect(inheritance.heritage(of: port) == nil)
    #expect(try given.isOver("umbel-d1"))
  }

  @Test func `ports that share a descriptor get one each`() throws {
    let given = Given()
    try given.pair("umbel-d1")
    let ports = [Self.port("p", kept: ["umbel-d1"]), Self.port("q", kept: ["umbel-d1"])]
    let inheritance = given.inheritance(Self.state(ports[0], ports[1]))
    let numbers = try ports.map { try #require(inheritance.heritage(of: $0)).kept[0].descriptor }
    #expect(Set(numbers).count == 2)
    close(numbers[0])
    #expect(try !given.isOver("umbel-d1"))
    close(numbers[1])
    #expect(try given.isOver("umbel-d1"))
  }

  @Test func `a guest whose port nobody takes hears that its connection is over, although there is a copy`() throws {
    let given = Given()
    let copy = try given.pair("umbel-d1")
    let inheritance = given.inheritance(Self.state(Self.port("p", kept: ["umbel-d1"])))
    #expect(try !given.isOver("umbel-d1"))
    inheritance.discard()
    #expect(try given.isOver("umbel-d1"))
    withExtendedLifetime(copy) {}
  }

  @Test func `what a port has closed already is not taken for its own`() throws {
    let given = Given()
    try given.pair("umbel-d1")
    try given.pair("umbel-d2")
    let port = Self.port("p", kept: ["umbel-d1", "umbel-d2"])
    let inheritance = given.inheritance(Self.state(port))
    let heritage = try #require(inheritance.heritage(of: port))
    var current = heritage
    current.kept.removeLast()
    inheritance.confirm(heritage, of: port, current: current)
    #expect(inheritance.taken.map(\.name) == ["umbel-d1"])
    for kept in heritage.kept { close(kept.descriptor) }
  }

  @Test func `a socket of a socket unit is found by where it listens, whatever its name`() throws {
    let path = "/tmp/umbel-inherited-\(getpid()).sock"
    defer { unsafe unlink(path) }
    let given = Given()
    try given.listener("umbeld.socket", at: path)
    let inheritance = given.inheritance(HandOverState())
    guard let listener = inheritance.listener(at: path) else {
      Issue.record("it is not found")
      return
    }
    #expect(listener.activatedName == "umbeld.socket")
    #expect(inheritance.taken.isEmpty)
  }

  @Test func `a listening socket whose file somebody has replaced is not taken over`() throws {
    let path = "/tmp/umbel-inherited-\(getpid())-replaced.sock"
    defer { unsafe unlink(path) }
    let given = Given()
    try given.listener("umbel-d1", at: path)
    let identity = try #require(FileIdentity(ofSocketAt: path))
    let state = HandOverState(listeners: [
      HandOverState.Listener(place: path, name: "umbel-d1", device: identity.device, inode: identity.inode)
    ])
    // Moved, not removed: the file's number must not be used again.
    unsafe rename(path, path + ".moved")
    defer { unsafe unlink(path + ".moved") }
    let other = try UnixSocket.listen(at: path, kind: .stream, mode: 0o600)
    let inheritance = given.inheritance(state)
    if inheritance.listener(at: path) != nil { Issue.record("it is taken over") }
    withExtendedLifetime(other.number) {}
  }
}
