import Glibc
import LinuxIO
import SystemdSupport
import Testing

@testable import Agent

struct InheritanceTests {
  /// A socket that listens at a path of its own.
  private func listener(_ path: String) throws -> Int32 {
    try UnixSocket.listen(at: path, kind: .stream, mode: 0o600, group: nil).release()
  }

  @Test func `a listening socket that no file describes is taken, and is not the service manager's`() throws {
    let path = "/tmp/umbel-inheritance-\(getpid())"
    var given = GivenDescriptors([("umbel-d1", try listener(path)), ("lab.vde", try listener(path + ".vde"))])
    defer { for suffix in ["", ".vde"] { unsafe unlink(path + suffix) } }
    let inheritance = Inheritance(HandOverState(), given: &given)
    #expect(inheritance.activatedDoors(of: "lab").map(\.door) == ["vde"])
    guard let found = inheritance.listener(at: path) else {
      Issue.record("nobody else can listen there")
      return
    }
    #expect(found.activatedName == nil)
    #expect(inheritance.taken.map(\.name) == ["umbel-d1"])
  }

  @Test func `one whose file somebody has deleted is not: nobody would find it`() throws {
    let path = "/tmp/umbel-inheritance-deleted-\(getpid())"
    var given = GivenDescriptors([("umbel-d1", try listener(path))])
    unsafe unlink(path)
    let inheritance = Inheritance(HandOverState(), given: &given)
    if inheritance.listener(at: path) != nil { Issue.record("it is taken") }
    #expect(inheritance.taken.isEmpty)
  }

  @Test func `the file of a door that there is no more goes with it`() throws {
    let path = "/tmp/umbel-inheritance-door-\(getpid())"
    let number = try listener(path)
    defer { unsafe unlink(path) }
    let identity = try #require(FileIdentity(ofSocketAt: path))
    let state = HandOverState(listeners: [
      HandOverState.Listener(place: path, name: "umbel-d1", device: identity.device, inode: identity.inode)
    ])
    var given = GivenDescriptors([("umbel-d1", number)])
    let inheritance = Inheritance(state, given: &given)
    #expect(FileIdentity(ofSocketAt: path) != nil)
    inheritance.discard()
    #expect(FileIdentity(ofSocketAt: path) == nil)
  }

  @Test func `a process that does not finish leaves guests' sockets to the next`() throws {
    var pair: [Int32] = [0, 0]
    try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &pair) == 0)
    let copy = dup(pair[0])
    defer {
      close(copy)
      close(pair[1])
    }
    let kept = HandOverState.KeptHeritage(
      isQuiet: true, kept: [HandOverState.Kept(kind: 0, name: "umbel-d1")], state: [])
    let port = HandOverState.Port(
      name: "bess-1", transport: "socket", isTrunk: false, origin: .guest, options: [:], heritage: kept)
    var given = GivenDescriptors([("umbel-d1", pair[0])])
    do { _ = Inheritance(HandOverState(lans: [HandOverState.LAN(name: "lab", ports: [port])]), given: &given) }
    #expect(unsafe send(copy, "x", 1, Int32(MSG_NOSIGNAL)) == 1)
  }
}
