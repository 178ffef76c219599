import Glibc
import LinuxIO
import SystemdSupport
import Testing

@testable import Agent

/// What guests tell the agent, and which it knows.
struct AnnouncedGuestsTests {
  private final class Bench {
    let loop: ControlLoop
    var records: [(priority: JournalPriority, text: String, id: MessageID?)] = []
    private(set) var guests: AnnouncedGuests!

    init(_ limits: AnnouncedGuests.Limits = .init()) throws {
      loop = try ControlLoop()
      guests = AnnouncedGuests(loop: loop, limits: limits) { [unowned self] priority, text, id, _ in
        self.records.append((priority, text, id))
      }
    }

    func tell(_ kind: UInt32, _ text: String, process: Int32 = getpid(), user: UInt32 = 1_000) {
      guests.take(
        AnnouncedGuestsTests.message(kind, text)[...],
        PeerCredentials(processId: process, userId: user, groupId: user, groups: []))
    }

    func run(milliseconds: UInt64) throws {
      loop.after(milliseconds: milliseconds) { [unowned self] in self.loop.stop() }
      try loop.run()
    }
  }

  private static func message(_ kind: UInt32, _ text: String) -> [UInt8] {
    let data = Array(text.utf8) + [0]
    return [0xcafe_babe, 2, kind, UInt32(data.count)].flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: UInt32(littleEndian: word) >> (8 * $0)) }
    } + data
  }

  /// A process that lives until it is ended.
  private static func child() -> Int32 {
    var id: pid_t = 0
    var words = unsafe [strdup("sleep"), strdup("60"), nil]
    unsafe posix_spawnp(&id, "sleep", nil, nil, &words, environ)
    for index in 0..<2 { unsafe free(words[index]) }
    return id
  }

  @Test func `a guest is known by the directory of its console, and by what the kernel says of it`() throws {
    let bench = try Bench()
    bench.tell(0, "/home/u/.uml/g1/mconsole")
    let guest = try #require(bench.guests.known.first)
    #expect((guest.name, guest.console) == ("g1", "/home/u/.uml/g1/mconsole"))
    #expect((guest.processId, guest.userId) == (getpid(), 1_000))
    #expect(bench.records.map(\.text) == ["guest g1 runs (user 1000, process \(getpid()))"])
  }

  @Test func `a relative path is one of the guest's working directory`() throws {
    let bench = try Bench()
    bench.tell(0, "uml/g1/mconsole")
    var buffer = [CChar](repeating: 0, count: 4_096)
    let here = unsafe String(cString: try #require(unsafe getcwd(&buffer, 4_096)))
    #expect(bench.guests.known.map(\.console) == [here + "/uml/g1/mconsole"])
  }

  @Test func `a process is one guest: its second announcement replaces the first`() throws {
    let bench = try Bench()
    bench.tell(0, "/a/g1/mconsole")
    bench.tell(0, "/a/g2/mconsole")
    #expect(bench.guests.known.map(\.name) == ["g2"])
  }

  @Test(arguments: [
    "/mconsole", "/a/g1/console", "/a/g\u{1b}1/mconsole", "/\(String(repeating: "x", count: 100))/mconsole",
  ])
  func `a path that is no console's is not taken`(_ path: String) throws {
    let bench = try Bench()
    bench.tell(0, path)
    #expect(bench.guests.known.isEmpty)
    #expect(bench.guests.faults == .init(malformed: 1, overLimit: 0))
  }

  @Test func `what is no notification is counted, and said a limited number of times`() throws {
    let bench = try Bench()
    for _ in 0..<1_000 { bench.guests.take([1, 2, 3], nil) }
    bench.tell(0, "/a/g1/mconsole", process: 0)
    #expect(bench.guests.faults.malformed == 1_001)
    #expect(bench.guests.known.isEmpty)
    #expect(bench.records.count <= RecordLimiter.burst + 1)
  }

  @Test func `a guest is forgotten when its process ends`() throws {
    let bench = try Bench()
    let child = Self.child()
    bench.tell(0, "/a/g1/mconsole", process: child)
    try bench.run(milliseconds: 20)
    #expect(bench.guests.known.map(\.processId) == [child])
    kill(child, SIGKILL)
    try bench.run(milliseconds: 200)
    #expect(bench.guests.known.isEmpty)
    #expect(bench.records.last?.text == "guest g1 has ended (process \(child))")
    waitpid(child, nil, 0)
  }

  @Test func `a process that has ended is no guest`() throws {
    let bench = try Bench()
    let child = Self.child()
    kill(child, SIGKILL)
    waitpid(child, nil, 0)
    bench.tell(0, "/a/g1/mconsole", process: child)
    #expect(bench.guests.known.isEmpty)
  }

  @Test(arguments: [(guests: 1, perUser: 9), (guests: 9, perUser: 1)])
  func `guests over a limit are counted and not listed, root's by the first limit alone`(
    _ limits: (guests: Int, perUser: Int)
  ) throws {
    let bench = try Bench(.init(guests: limits.guests, guestsPerUser: limits.perUser))
    let child = Self.child()
    bench.tell(0, "/a/g1/mconsole")
    bench.tell(0, "/a/g2/mconsole", process: child)
    #expect(bench.guests.known.map(\.name) == ["g1"])
    #expect(bench.guests.faults == .init(malformed: 0, overLimit: 1))
    bench.tell(0, "/a/g3/mconsole")
    #expect(bench.guests.known.map(\.name) == ["g3"])
    bench.tell(0, "/a/g4/mconsole", process: child, user: 0)
    #expect(bench.guests.known.count == min(limits.guests, 2))
    kill(child, SIGKILL)
    waitpid(child, nil, 0)
  }

  @Test func `panics and words go to the journal with the guest's name, and a panic is kept`() throws {
    let bench = try Bench()
    bench.tell(0, "/a/g1/mconsole")
    bench.tell(3, "hello\n")
    #expect(bench.guests.known.first?.trouble == "")
    bench.tell(1, "sysrq triggered crash")
    let who = "(user 1000, process \(getpid()))"
    #expect(
      bench.records.dropFirst().map(\.text) == [
        "guest g1 says \(who): hello", "guest g1 has panicked \(who): sysrq triggered crash",
      ])
    #expect(bench.records.dropFirst().map(\.id) == [.guestWords, .guestTrouble])
    #expect(bench.guests.known.first?.trouble == "has panicked: sysrq triggered crash")
  }

  @Test func `a guest that talks without end fills no journal, and silences no other`() throws {
    let bench = try Bench()
    bench.tell(0, "/a/g1/mconsole")
    for _ in 0..<1_000 { bench.tell(3, "again") }
    #expect(bench.records.count <= RecordLimiter.burst + 2)
    let child = Self.child()
    bench.tell(1, "a panic of another", process: child)
    #expect(bench.records.last?.text.contains("guest of process \(child) has panicked") == true)
    kill(child, SIGKILL)
    waitpid(child, nil, 0)
  }

  @Test func `a guest that announces itself again and again fills no journal`() throws {
    let bench = try Bench()
    for _ in 0..<1_000 { bench.tell(0, "/a/g1/mconsole") }
    #expect(bench.records.count <= RecordLimiter.burst + 1)
  }

  @Test func `the socket says who sends, is closed to others, and goes with its owner`() throws {
    let directory = "/tmp/umbel-test-\(getpid())-notify"
    unsafe mkdir(directory, 0o755)
    defer { unsafe rmdir(directory) }
    let path = directory + "/notify"
    let bench = try Bench()
    try bench.guests.listen(at: path, group: nil)
    var status = stat()
    unsafe stat(path, &status)
    #expect(status.st_mode & 0o7777 == 0o660)
    let client = try UnixSocket.connect(to: path, kind: .datagram)
    _ = try UnixSocket.write(Self.message(0, "/a/g1/mconsole")[...], to: client)
    _ = try UnixSocket.write([UInt8](repeating: 0, count: 4_000)[...], to: client)
    try bench.run(milliseconds: 50)
    #expect(bench.guests.known.map(\.processId) == [getpid()])
    #expect(bench.guests.known.map(\.userId) == [geteuid()])
    #expect(bench.guests.faults.malformed == 1)
    bench.guests.stop()
    #expect(unsafe access(path, F_OK) != 0)
    #expect(bench.guests.known.isEmpty)
  }
}
