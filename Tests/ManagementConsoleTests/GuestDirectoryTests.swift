import Glibc
import LinuxIO
import ManagementConsole
import Testing

/// The directories of guests.
struct GuestDirectoryTests {
  @Test func `a directory with a number and a socket is a guest's`() throws {
    let console = try FakeConsole(umid: "name", processId: 4_711) { _ in [] }
    defer { console.kill() }
    unsafe mkdir(console.umlDirectory + "/empty", 0o755)
    defer { unsafe rmdir(console.umlDirectory + "/empty") }
    let found = try GuestDirectory.all(in: console.umlDirectory)
    #expect(found == [GuestDirectory(umid: "name", path: console.directory, processId: 4_711)])
    #expect(found.first?.consolePath == console.path)
  }

  @Test func `where there is no directory of guests is an error`() {
    #expect(throws: Errno(ENOENT)) { try GuestDirectory.all(in: "/nowhere") }
  }

  @Test func `a number that is none makes no guest`() throws {
    let console = try FakeConsole(processId: -5) { _ in [] }
    defer { console.kill() }
    #expect(GuestDirectory(at: console.directory) == nil)
  }

  @Test func `a console that somebody names must belong to its user`() throws {
    let console = try FakeConsole { _ in [] }
    defer { console.kill() }
    func announced(_ path: String, _ user: UInt32) -> GuestDirectory? {
      .announced(umid: "g1", path: path, processId: 7, user: user)
    }
    #expect(announced(console.directory, geteuid())?.processId == 7)
    #expect(announced(console.directory, geteuid() + 1) == nil)
    // What cannot be seen may be the user's.
    #expect(announced("/nowhere/g1", 5) != nil)
  }

  @Test func `devices that were plugged in are remembered until they are removed`() throws {
    let console = try FakeConsole { _ in [] }
    defer { console.kill() }
    let directory = try #require(GuestDirectory(at: console.directory))
    #expect(directory.plugged.isEmpty)
    let words = ["vec1:transport=bess,dst=/a", "eth0=mcast", "vec1:transport=bess,dst=/b"]
    for word in words { directory.note(plugged: try #require(GuestDevice(word: word))) }
    #expect(directory.plugged.map(\.words) == ["eth0=mcast", "vec1:transport=bess,dst=/b"])
    directory.note(unplugged: "eth0")
    #expect(directory.plugged.map(\.name) == ["vec1"])
  }
}
