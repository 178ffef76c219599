import CTransport
import Glibc
import LinuxIO
import Testing

@testable import SocketTransport

// A VDE client at one end of a Unix stream, the door at the other, and a directory for their datagram sockets.

@safe
final class VDEDoor {
  let directory: String
  let guest: VDEGuest
  let client: DoorClient

  /// - Parameters:
  ///   - abstract: as User Mode Linux names its socket; else by a path in the directory.
  ///   - user: who the peer is said to be; nil: this process's user.
  init(abstract: Bool = false, user: UInt32? = nil, name: String? = nil, hasDirectory: Bool = true) throws {
    var template = Array("/tmp/umbel-vde-XXXXXX\0".utf8CString.dropLast())
    directory = try unsafe String(cString: #require(unsafe mkdtemp(&template)))
    let (control, descriptor) = try GuestSocket.pair(SOCK_STREAM)
    let number = UInt64.random(in: .min ... .max)
    guest = try VDEGuest(
      control: control,
      name: abstract ? [0, 0x5a, 0, 0x7f] + Array("\(number)".utf8) : Array("\(directory)/\(name ?? "guest")".utf8))
    client = DoorClient(
      descriptor, door: 1, type: SOCK_STREAM.rawValue, user: user ?? geteuid(),
      directory: hasDirectory ? directory : nil)
  }

  deinit {
    for name in files { unsafe unlink("\(directory)/\(name)") }
    unsafe rmdir(directory)
  }

  /// What lies in the directory.
  var files: [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      names.append(
        unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
          unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        })
    }
    return names.filter { !$0.hasPrefix(".") }
  }

  /// Sends a request and opens the port.
  func attach(_ request: [UInt8]? = nil) throws -> (port: DrivenPort, path: String) {
    guest.control.send(request ?? guest.request())
    try #require(try client.accept())
    let port = try client.open()
    return (port, try #require(guest.reply()))
  }

  /// Ends the control stream, and lets the port see it. A child that the test process is just starting may hold the
  /// stream open for a moment.
  func hangUp(_ port: DrivenPort) throws {
    let control = try #require(port.descriptors.first { $0.token == 1 })
    guest.control.close()
    var entry = pollfd(fd: control.descriptor, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&entry, 1, 5_000) == 1)
    port.ready(0x1, token: 1)
  }

  /// Sends a request that is refused.
  func refusal(of request: [UInt8]) -> Refusal? {
    guest.control.send(request)
    return #expect(throws: Refusal.self) { try client.accept() }
  }
}

@Suite struct VDETests {
  @Test(arguments: [(VDEGuest.Request.v1, false), (.v1, true), (.v3, false), (.v3, true), (.v3Padded, true)])
  func `frames pass both ways`(kind: VDEGuest.Request, abstract: Bool) throws {
    let door = try VDEDoor(abstract: abstract)
    let (port, path) = try door.attach(door.guest.request(kind))
    #expect(path.hasPrefix(door.directory + "/"))
    #expect(door.guest.send(frame(60), to: path) == 60)
    #expect(door.guest.send(frame(1_514, tag: 2), to: path) == 1_514)
    let received = port.receive()
    #expect(received.map(\.bytes) == [frame(60), frame(1_514, tag: 2)])
    #expect(received.allSatisfy { $0.isClean && $0.port == DrivenPort.number })
    #expect(port.send([frame(60, tag: 3), frame(1_514, tag: 4)], pieceLength: 1_000) == 2)
    #expect(door.guest.data.receive() == frame(60, tag: 3))
    #expect(door.guest.data.receive() == frame(1_514, tag: 4))
  }

  @Test func `a request that comes byte by byte is one request`() throws {
    let door = try VDEDoor()
    let request = door.guest.request()
    #expect(try !door.client.accept())
    for byte in request.dropLast() {
      door.guest.control.send([byte])
      #expect(try !door.client.accept())
    }
    #expect(door.files == ["guest"])
    door.guest.control.send([request.last!])
    #expect(try door.client.accept())
    #expect(door.guest.reply() == nil)
    let port = try door.client.open()
    #expect(door.guest.reply() != nil)
    #expect(port.state == UMBEL_STATE_UP)
  }

  @Test func `a description is shown`() throws {
    let door = try VDEDoor()
    let (port, _) = try door.attach(door.guest.request(description: "vdeplug: user=ada pid=7"))
    #expect(port.text == "connected by user \(geteuid()), process 4711: vdeplug: user=ada pid=7")
  }

  @Test func `what of a description is not printable is not shown`() throws {
    let door = try VDEDoor()
    let (port, _) = try door.attach(door.guest.request(description: "a\u{1b}[2Jb\u{fc}\nc\0hidden"))
    #expect(port.text.hasSuffix(": a?[2Jb???c"))
  }

  @Test func `a description of 128 bytes is the longest`() throws {
    let door = try VDEDoor()
    let (port, _) = try door.attach(door.guest.request(description: String(repeating: "d", count: 128)))
    #expect(port.text.hasSuffix(": " + String(repeating: "d", count: 128)))
    let other = try VDEDoor()
    let refusal = other.refusal(of: other.guest.request(description: String(repeating: "d", count: 129)))
    #expect(refusal?.text == "its request is longer than 250 bytes")
  }

  @Test func `padding behind an abstract name is no description`() throws {
    let door = try VDEDoor(abstract: true)
    let (port, _) = try door.attach(door.guest.request(.v3Padded))
    #expect(port.text == "connected by user \(geteuid()), process 4711")
  }

  @Test(arguments: [0, 1, 5 << 8, 0xff << 8 | 1] as [UInt32])
  func `a wanted port number, and port 0, make a port like any other`(type: UInt32) throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach(door.guest.request(type: type))
    door.guest.send(frame(60), to: path)
    #expect(port.receive().map(\.bytes) == [frame(60)])
  }

  @Test func `a frame is no longer than the client's buffer`() throws {
    for (description, abstract, bytes) in [
      ("QEMU user=root pid=1", false, 4_096), ("", true, 1_526), ("vde_plug: user=ada", false, 2_046),
      ("vdeplug: user=ada", false, 9_216), ("", false, 9_216),
    ] {
      let door = try VDEDoor(abstract: abstract)
      let (port, _) = try door.attach(door.guest.request(description: description))
      #expect(port.record.states.last?.largestFrame == UInt32(bytes))
      #expect(port.send([frame(bytes + 1)]) == -EMSGSIZE)
      #expect(port.send([frame(bytes)]) == 1)
      #expect(door.guest.data.receive() == frame(bytes))
      #expect(port.counters == ["send-emsgsize": 1])
    }
  }

  @Test func `the end of the stream ends the port, and its socket is gone`() throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach()
    #expect(unsafe access(path, F_OK) == 0)
    try door.hangUp(port)
    #expect(port.state == UMBEL_STATE_CLOSING)
    #expect(port.descriptors.isEmpty)
    port.close()
    #expect(door.files == ["guest"])
  }

  @Test func `what a guest sent before it ended arrives`() throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach()
    for tag in 0..<3 { door.guest.send(frame(60, tag: UInt8(tag)), to: path) }
    door.guest.data.close()
    try door.hangUp(port)
    #expect(port.state == UMBEL_STATE_UP)
    #expect(port.descriptors.map(\.token) == [0])
    #expect(port.receive(capacity: 2).map(\.bytes[0]) == [0, 1])
    #expect(port.state == UMBEL_STATE_UP)
    #expect(port.receive(capacity: 2).map(\.bytes[0]) == [2])
    #expect(port.state == UMBEL_STATE_CLOSING)
  }

  @Test func `a data socket that outlives its stream and goes on sending does not keep the port`() throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach()
    door.guest.send(frame(60), to: path)
    try door.hangUp(port)
    var batches = 0
    while port.state == UMBEL_STATE_UP, batches < 1_000 {
      door.guest.send(frame(60), to: path)
      _ = port.receive(capacity: 1)
      batches += 1
    }
    #expect(batches == 64)
  }

  @Test func `what a client says after its request is thrown away`() throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach()
    for _ in 0..<10 { door.guest.control.send([UInt8](repeating: 1, count: 3_000)) }
    for _ in 0..<20 { port.ready(0x1, token: 1) }
    let control = try #require(port.descriptors.last)
    var entry = pollfd(fd: control.descriptor, events: Int16(POLLIN), revents: 0)
    #expect(control.kind == UMBEL_DESCRIPTOR_HOUSEKEEPING)
    #expect(unsafe poll(&entry, 1, 0) == 0)
    door.guest.send(frame(60), to: path)
    #expect(port.receive().map(\.bytes) == [frame(60)])
    #expect(port.state == UMBEL_STATE_UP)
  }

  @Test func `a guest whose data socket is gone keeps its port until its stream ends`() throws {
    let door = try VDEDoor()
    let (port, _) = try door.attach()
    #expect(shutdown(door.guest.data.number, Int32(SHUT_RDWR)) == 0)
    #expect(port.send([frame(60)]) == -EPIPE)
    #expect(port.state == UMBEL_STATE_UP)
    #expect(port.counters == ["send-epipe": 1])
  }

  @Test func `nobody but the client can send to its port`() throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach()
    let other = try VDEGuest(control: try GuestSocket.pair(SOCK_STREAM).guest, name: Array("\(door.directory)/x".utf8))
    #expect(other.send(frame(60), to: path) == -1)
    #expect(errno == EPERM)
    #expect(port.receive(waiting: 0).isEmpty)
  }

  @Test func `runts and empty messages are counted`() throws {
    let door = try VDEDoor()
    let (port, path) = try door.attach()
    for length in [0, 13, 14, 0] { door.guest.send(frame(length), to: path) }
    #expect(port.receive().map(\.bytes.count) == [14])
    #expect(port.counters == ["guest-empty": 2, "guest-runt": 1])
    #expect(port.state == UMBEL_STATE_UP)
  }

  @Test(arguments: [(0o1770, 0o660), (0o1771, 0o666)] as [(mode_t, mode_t)])
  func `the socket of a port is for whom its directory lets in`(directory: mode_t, socket: mode_t) throws {
    let door = try VDEDoor()
    #expect(unsafe chmod(door.directory, directory) == 0)
    let (port, path) = try door.attach()
    var found = stat()
    var around = stat()
    #expect(unsafe stat(path, &found) == 0 && stat(door.directory, &around) == 0)
    #expect(found.st_mode & 0o7777 == socket)
    #expect(found.st_gid == around.st_gid)
    #expect(port.state == UMBEL_STATE_UP)
  }
}
