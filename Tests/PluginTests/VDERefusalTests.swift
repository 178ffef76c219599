import CTransport
import Glibc
import LinuxIO
import Testing

@testable import SocketTransport

// Requests that the door `vde` refuses: at once, with a sentence, and without leaving a socket behind.

@Suite struct VDERefusalTests {
  @Test func `a wrong magic is refused with its fourth byte`() throws {
    let door = try VDEDoor()
    door.guest.control.send([1, 2, 3])
    #expect(try !door.client.accept())
    #expect(door.refusal(of: [4])?.text == "what it sent is no request of uml_switch or VDE")
    #expect(door.files == ["guest"])
  }

  @Test(arguments: [0, 1] as [UInt32]) func `version 0 is refused by its name`(type: UInt32) throws {
    let door = try VDEDoor()
    #expect(door.refusal(of: door.guest.request(magic: type))?.text.contains("version 0 of") == true)
  }

  @Test(arguments: [2, 4, 0x100] as [UInt32]) func `other versions are refused by their number`(version: UInt32) throws
  {
    let door = try VDEDoor()
    let refusal = door.refusal(of: Array(door.guest.request(version: version).prefix(8)))
    #expect(refusal?.code == EPROTONOSUPPORT)
    #expect(refusal?.text.contains("version \(version) of") == true)
  }

  @Test(arguments: [2, 0xff, 0x502] as [UInt32]) func `an unknown type is refused`(type: UInt32) throws {
    let door = try VDEDoor()
    #expect(door.refusal(of: Array(door.guest.request(type: type).prefix(12)))?.text.contains("type") == true)
  }

  @Test func `a data socket of another family is refused`() throws {
    let door = try VDEDoor()
    #expect(door.refusal(of: door.guest.request(family: 2))?.code == EAFNOSUPPORT)
  }

  @Test func `a stream that ends within the request is refused`() throws {
    let door = try VDEDoor()
    door.guest.control.send(Array(door.guest.request().prefix(100)))
    #expect(shutdown(door.guest.control.number, Int32(SHUT_WR)) == 0)
    let refusal = #expect(throws: Refusal.self) { while try !door.client.accept() {} }
    #expect(refusal?.text == "it closed the connection after 100 bytes of its request")
  }

  @Test func `a path that is not there is refused with the path`() throws {
    let door = try VDEDoor()
    unsafe unlink("\(door.directory)/guest")
    let refusal = door.refusal(of: door.guest.request())
    #expect(refusal?.code == ENOENT)
    #expect(refusal?.text.contains("\(door.directory)/guest") == true)
    #expect(door.files.isEmpty)
  }

  @Test func `an abstract name that is not there is refused`() throws {
    let door = try VDEDoor(abstract: true)
    var request = door.guest.request()
    request[14 + 100] = 1
    #expect(door.refusal(of: request)?.code == ECONNREFUSED)
    #expect(door.files.isEmpty)
  }

  @Test func `a symbolic link to a socket is refused`() throws {
    let door = try VDEDoor()
    let path = "\(door.directory)/guest"
    #expect(unsafe rename(path, path + ".real") == 0)
    #expect(unsafe symlink(path + ".real", path) == 0)
    #expect(door.refusal(of: door.guest.request())?.code == ENOTSOCK)
    #expect(door.files.sorted() == ["guest", "guest.real"])
  }

  @Test func `a file that is no socket is refused`() throws {
    let door = try VDEDoor()
    let path = "\(door.directory)/guest"
    unsafe unlink(path)
    #expect(unsafe close(open(path, O_CREAT | O_WRONLY, 0o600)) == 0)
    #expect(door.refusal(of: door.guest.request())?.code == ENOTSOCK)
  }

  @Test func `another user's socket is refused`() throws {
    let door = try VDEDoor(user: geteuid() + 1)
    let refusal = door.refusal(of: door.guest.request())
    #expect(refusal?.code == EACCES)
    #expect(refusal?.text.contains("belongs to user \(geteuid())") == true)
    #expect(door.files == ["guest"])
  }

  @Test func `root may name another user's socket`() throws {
    let door = try VDEDoor(user: 0)
    _ = try door.attach()
  }

  @Test func `a relative path is refused`() throws {
    let door = try VDEDoor()
    var request = door.guest.request()
    request[14] = UInt8(ascii: ".")
    #expect(door.refusal(of: request)?.text.contains("absolute path") == true)
  }

  @Test func `a socket of another type is refused`() throws {
    let door = try VDEDoor()
    let path = "\(door.directory)/guest"
    unsafe unlink(path)
    let listener = try UnixSocket.listen(at: path, kind: .stream, mode: 0o600)
    #expect(door.refusal(of: door.guest.request())?.code == EPROTOTYPE)
    _ = listener
  }

  @Test func `a data socket that is connected to somebody else is refused`() throws {
    let door = try VDEDoor()
    // Connected to another, the client's socket takes nothing from the agent.
    let other = try VDEGuest(control: try GuestSocket.pair(SOCK_STREAM).guest, name: Array("\(door.directory)/o".utf8))
    #expect(door.guest.connect(to: "\(door.directory)/o") == 0)
    #expect(door.refusal(of: door.guest.request())?.code == EPERM)
    _ = other
  }

  @Test func `a client without a directory for sockets is refused`() throws {
    let door = try VDEDoor(hasDirectory: false)
    #expect(door.refusal(of: door.guest.request())?.text.contains("no directory") == true)
  }

  @Test func `a client that is gone before its reply is refused, and nothing is left`() throws {
    let door = try VDEDoor()
    door.guest.control.send(door.guest.request())
    #expect(try door.client.accept())
    #expect(door.files.count == 2)
    // As a close, but at once even where a child has just inherited the stream.
    #expect(shutdown(door.guest.control.number, Int32(SHUT_RDWR)) == 0)
    #expect(throws: Refusal.self) { try door.client.open() }
    unsafe Transport.socket.pointee.abandon(door.client.client)
    #expect(door.files == ["guest"])
  }

  @Test func `a client that is given up leaves nothing`() throws {
    let door = try VDEDoor()
    door.guest.control.send(door.guest.request())
    #expect(try door.client.accept())
    unsafe Transport.socket.pointee.abandon(door.client.client)
    #expect(door.files == ["guest"])
    #expect(door.guest.reply() == nil)
  }
}
