import Glibc
import LinuxIO
import Synchronization
import Testing

@testable import ManagementConsole

/// Asking a guest's console.
struct ManagementConsoleTests {
  private func ask(
    _ request: String = "version", timeoutMilliseconds: Int = 5_000, _ script: @escaping FakeConsole.Script
  ) throws -> Result<String, ConsoleError> {
    let console = try FakeConsole(script)
    defer { console.kill() }
    return Result { () throws(ConsoleError) in
      try ManagementConsole(path: console.path).ask(request, timeoutMilliseconds: timeoutMilliseconds)
    }
  }

  @Test func `a request is magic, version, length and 512 bytes of text`() throws {
    let seen = Mutex<[UInt8]>([])
    let answer = try ask("config vec1:transport=bess,dst=/d") { request in
      seen.withLock { $0 = request }
      return [reply("")]
    }
    #expect(answer == .success(""))
    let text = Array("config vec1:transport=bess,dst=/d".utf8)
    let padding = [UInt8](repeating: 0, count: 512 - text.count)
    #expect(seen.withLock { $0 } == bytes(0xcafe_babe) + bytes(2) + bytes(UInt32(text.count)) + text + padding)
  }

  @Test func `an answer in pieces is put together without the NULs`() throws {
    let answer = try ask { _ in [reply("\n", more: 1), reply("one ", more: 1), reply("two\n", more: 1), reply("")] }
    #expect(answer == .success("one two"))
  }

  @Test func `a piece that fills its room has no NUL`() throws {
    let full = String(repeating: "x", count: 512)
    let answer = try ask { _ in [bytes(0) + bytes(1) + bytes(512) + Array(full.utf8), reply("end")] }
    #expect(answer == .success(full + "end"))
  }

  @Test func `the error of the first piece counts, and no other`() throws {
    #expect(try ask { _ in [reply("a", more: 1), reply("b", error: 1)] } == .success("ab"))
    #expect(try ask { _ in [reply("a", error: 1, more: 1), reply("b")] } == .failure(.refused("ab")))
  }

  @Test func `a refusal is the guest's own reason, which may be empty`() throws {
    #expect(
      try ask { _ in [reply("Device is currently open", error: 1)] } == .failure(.refused("Device is currently open")))
    #expect(try ask { _ in [reply("", error: 0xffff_ffff)] } == .failure(.refused("")))
    #expect("\(ConsoleError.refused(""))" == "The guest refuses, and does not say why.")
  }

  @Test func `guests of other versions of the protocol are told from those that refuse`() throws {
    let old = "ERR Version 0 mconsole clients are not supported by this driver"
    let new = "This driver only supports version 3 clients"
    for (answer, words) in [(Array(old.utf8), old), (reply(new, error: 1), new)] {
      guard case .failure(.otherVersion(_, words)) = try ask("version", { _ in [answer] }) else {
        Issue.record("\(words) is not taken for another version")
        continue
      }
    }
  }

  @Test(arguments: [
    [0, 0, 0], reply("short", length: 7), reply(String(repeating: "x", count: 600)),
  ])
  func `what is no reply is said to be none`(_ datagram: [UInt8]) throws {
    guard case .failure(.malformed) = try ask("version", { _ in [datagram] }) else {
      Issue.record("it was taken for a reply")
      return
    }
  }

  @Test func `an answer without end is cut off`() throws {
    let piece = bytes(0) + bytes(1) + bytes(512) + [UInt8](repeating: 0x78, count: 512)
    guard case .failure(.malformed) = try ask("version", { _ in Array(repeating: piece, count: 600) }) else {
      Issue.record("it was taken")
      return
    }
  }

  @Test func `a guest that does not answer is waited for as long as was said`() throws {
    let before = monotonicNanoseconds()
    guard case .failure(.silent(_, 100)) = try ask(timeoutMilliseconds: 100, { _ in [] }) else {
      Issue.record("it is not silent")
      return
    }
    #expect(monotonicNanoseconds() - before >= 100_000_000)
  }

  @Test func `a guest that never finishes its answer is not waited for longer`() throws {
    let trickle: FakeConsole.Script = { _ in
      usleep(60_000)
      return [reply("x", more: 1)]
    }
    #expect(throws: ConsoleError.self) { try ask(timeoutMilliseconds: 100, trickle).get() }
  }

  @Test func `an answer that comes too late is not taken for that of the next request`() throws {
    let console = try FakeConsole { request in
      if request.contains(UInt8(ascii: "1")) { usleep(100_000) }
      return [reply(request.contains(UInt8(ascii: "1")) ? "first" : "second")]
    }
    defer { console.kill() }
    let client = ManagementConsole(path: console.path)
    #expect(throws: ConsoleError.silent(path: console.path, milliseconds: 30)) {
      try client.ask("log 1", timeoutMilliseconds: 30)
    }
    #expect(try client.ask("log 2") == "second")
  }

  @Test func `a request longer than the room is not sent`() throws {
    let longest = String(repeating: "x", count: 511)
    #expect(try ask(longest) { [reply("\($0.count)")] } == .success("524"))
    #expect(try ask(longest + "x") { _ in [reply("sent")] } == .failure(.requestTooLong(limit: 511)))
  }

  @Test func `where a guest was killed, there is none`() throws {
    let directory = "/tmp/umbel-test-\(getpid())-stale"
    unsafe mkdir(directory, 0o755)
    let path = directory + "/mconsole"
    defer {
      unsafe unlink(path)
      unsafe rmdir(directory)
    }
    #expect(throws: ConsoleError.noGuest(path: path)) { try ManagementConsole(path: path).ask("version") }
    do { _ = try UnixSocket.listen(at: path, kind: .datagram, mode: 0o700) }
    #expect(throws: ConsoleError.noGuest(path: path)) { try ManagementConsole(path: path).ask("version") }
  }
}
