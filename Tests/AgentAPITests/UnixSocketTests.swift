import Glibc
import LinuxIO
import Testing

@Suite("Local sockets")
struct UnixSocketTests {
  @Test("A listening socket has the mode asked for, whatever the umask")
  func mode() throws {
    let directory = try TemporaryDirectory()
    _ = try UnixSocket.listen(at: directory.path("s"), kind: .stream, mode: 0o666)
    var status = stat()
    #expect(unsafe stat(directory.path("s"), &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o666)
  }

  @Test("A socket that nobody listens on any more is replaced")
  func abandoned() throws {
    let directory = try TemporaryDirectory()
    do { _ = try UnixSocket.listen(at: directory.path("s"), kind: .seqpacket, mode: 0o600) }
    let listener = try UnixSocket.listen(at: directory.path("s"), kind: .seqpacket, mode: 0o600)
    _ = try UnixSocket.connect(to: directory.path("s"), kind: .seqpacket)
    let isThere = try UnixSocket.accept(from: listener) != nil
    let isSecond = try UnixSocket.accept(from: listener) != nil
    #expect((isThere, isSecond) == (true, false))
  }

  @Test("A socket that answers is left alone, and so is a file that is none")
  func inUse() throws {
    let directory = try TemporaryDirectory()
    let listener = try UnixSocket.listen(at: directory.path("s"), kind: .stream, mode: 0o600)
    #expect(throws: Errno(EADDRINUSE)) {
      _ = try UnixSocket.listen(at: directory.path("s"), kind: .stream, mode: 0o600)
    }
    let file = unsafe open(directory.path("f"), O_CREAT | O_WRONLY, 0o600)
    close(file)
    #expect(throws: Errno(EADDRINUSE)) {
      _ = try UnixSocket.listen(at: directory.path("f"), kind: .stream, mode: 0o600)
    }
    _ = listener.number
  }

  @Test("What is done to a socket's file is not done to what has its name later")
  func heldFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("s")
    func mode(_ name: String) -> mode_t? {
      var status = stat()
      return unsafe lstat(directory.path(name), &status) == 0 ? status.st_mode & 0o7777 : nil
    }
    let listener = try UnixSocket.listen(at: path, kind: .datagram, mode: 0o600)
    let file = try SocketFile(at: path)
    #expect(unsafe rename(path, directory.path("moved")) == 0)
    close(unsafe open(directory.path("other"), O_CREAT | O_WRONLY, 0o600))
    #expect(unsafe symlink(directory.path("other"), path) == 0)
    try file.setAccess(mode: 0o640, group: nil)
    #expect(mode("moved") == 0o640)
    #expect(mode("other") == 0o600)
    #expect(throws: Errno(ENOTSOCK)) { try SocketFile(at: path) }
    _ = listener.number
  }

  @Test("A path that the kernel would cut is refused")
  func longPath() {
    let path = "/tmp/" + String(repeating: "a", count: 103)
    #expect(throws: Errno(ENAMETOOLONG)) { _ = try UnixSocket.listen(at: path, kind: .stream, mode: 0o600) }
    #expect(throws: Errno(EINVAL)) { _ = try UnixSocket.connect(to: "/tmp/a\0b", kind: .stream) }
  }

  @Test("Reading says when nothing is there, and when nothing will come")
  func transfers() throws {
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    var buffer: [UInt8] = [0]
    #expect(try UnixSocket.read(from: pair.second, into: &buffer) == .wouldBlock)
    shutdown(pair.first.number, Int32(SHUT_WR))
    #expect(try UnixSocket.read(from: pair.second, into: &buffer) == .end)
    shutdown(pair.second.number, Int32(SHUT_RD))
    #expect(throws: Errno(EPIPE)) { try UnixSocket.write([1], to: pair.first) }
  }

  @Test("A socket that is full says so")
  func full() throws {
    let pair = try UnixSocket.pair(.seqpacket, nonBlocking: true)
    var count = 0
    while try UnixSocket.write([1], to: pair.first) == .bytes(1) { count += 1 }
    #expect(count > 0)
    _ = pair.second.number
  }

  @Test("The peer of a connection is known by process, user and groups")
  func peer() throws {
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    let peer = try PeerCredentials(of: pair.first)
    #expect(peer.processId == getpid())
    #expect(peer.userId == geteuid())
    #expect(peer.groupId == getegid())
    #expect(peer.isMember(of: getegid()))
    #expect(peer.groups.count == Int(getgroups(0, nil)))
  }

  @Test("A process descriptor is readable when its process has ended")
  func processEnds() throws {
    var child: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("sleep"), strdup("60"), nil]
    #expect(unsafe posix_spawnp(&child, "sleep", nil, nil, &arguments, environ) == 0)
    let descriptor = try ProcessDescriptor.open(child)
    var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&entry, 1, 0) == 0)
    kill(child, SIGKILL)
    #expect(unsafe poll(&entry, 1, 5_000) == 1)
    waitpid(child, nil, 0)
    #expect(throws: Errno(ESRCH)) { _ = try ProcessDescriptor.open(child) }
  }

  @Test("The peer's process has a descriptor")
  func peerProcess() throws {
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    let descriptor = try ProcessDescriptor.open(peerOf: pair.first)
    var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&entry, 1, 0) == 0)
  }
}
