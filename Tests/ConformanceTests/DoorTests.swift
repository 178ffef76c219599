import AgentAPI
import Glibc
import LinuxIO
import Testing

struct DoorTests {
  private let workplace: Workplace
  private var flat: String { workplace.path + "/flat" }

  init() throws { workplace = try Workplace() }

  private func agent(_ doors: String) throws -> AgentProcess {
    try AgentProcess(
      workplace, pluginDirectory: Places.build, configuration: "lans: {lab: {doors: \(doors), ports: []}}"
    ).started()
  }

  /// What an agent says that does not start.
  private func complaint(_ doors: String) throws -> String {
    let configuration = "lans: {lab: {doors: \(doors), ports: []}}"
    try FileSystem.write(Array(configuration.utf8), to: workplace.path + "/umbel.yaml")
    let child = try ChildProcess(
      [
        Places.agent, "--config", workplace.path + "/umbel.yaml", "--plugin-dir", Places.build, "--runtime-dir",
        workplace.path + "/run",
      ], output: workplace.path + "/log")
    #expect(child.wait(milliseconds: 5_000) == 69)
    return String(decoding: try FileSystem.read(workplace.path + "/log"), as: UTF8.self)
  }

  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status.st_mode : 0
  }

  @Test func `a door may be open at a path of its own beside its usual place`() throws {
    let agent = try agent("[bess, {door: bess, path: \(flat), mode: 0600}]")
    for path in [workplace.path + "/run/lab/bess", flat] {
      let guest = try UnixSocket.connect(to: path, kind: .seqpacket)
      withExtendedLifetime(guest.number) {}
    }
    #expect(mode(flat) & 0o777 == 0o600)
    let lan = try #require(try agent.call(ListLans.self, Nothing()).lans.first)
    #expect(lan.doors.map(\.path) == [workplace.path + "/run/lab/bess", flat])
    #expect(agent.end() == 0)
    #expect(mode(flat) == 0)
  }

  @Test func `a socket that nobody listens at is replaced`() throws {
    do { _ = try UnixSocket.listen(at: flat, kind: .seqpacket, mode: 0o600) }
    #expect(mode(flat) != 0)
    let agent = try agent("[{door: bess, path: \(flat)}]")
    _ = try UnixSocket.connect(to: flat, kind: .seqpacket)
    #expect(agent.end() == 0)
  }

  @Test func `a socket that answers is left alone`() throws {
    let other = try UnixSocket.listen(at: flat, kind: .seqpacket, mode: 0o600)
    #expect(try complaint("[{door: bess, path: \(flat)}]").contains("\(flat) is in use: something answers there"))
    withExtendedLifetime(other.number) {}
    #expect(mode(flat) != 0)
  }

  @Test func `a file that is no socket is left alone`() throws {
    try FileSystem.write([1], to: flat)
    #expect(try complaint("[{door: bess, path: \(flat)}]").contains("\(flat) is there and is no socket."))
    #expect(try FileSystem.read(flat) == [1])
  }

  @Test func `a directory that does not exist is named`() throws {
    #expect(try complaint("[{door: bess, path: \(flat)/bess}]").contains("its directory does not exist. Make it"))
  }

  @Test func `a group that does not exist is named`() throws {
    #expect(try complaint("[{door: bess, group: nosuchgroup}]").contains("there is no group nosuchgroup."))
  }

  @Test func `what another has put in a door's place stays`() throws {
    let agent = try agent("[{door: bess, path: \(flat)}]")
    unsafe unlink(flat)
    try FileSystem.write([2], to: flat)
    #expect(agent.end() == 0)
    #expect(try FileSystem.read(flat) == [2])
  }

  @Test func `a guest that comes and goes without end fills no journal, and what is left out is told`() throws {
    let agent = try agent("[bess]")
    let path = workplace.path + "/run/lab/bess"
    let started = monotonicNanoseconds()
    for _ in 0..<400 { _ = try UnixSocket.connect(to: path, kind: .seqpacket) }
    // The door takes them in the order in which they came: with the frame of this one, all have been there.
    let last = try UnixSocket.connect(to: path, kind: .seqpacket)
    _ = try UnixSocket.write(
      Frames.frame(to: Frames.broadcast, from: [2, 0, 0, 0, 0, 1], length: 60, serial: 0)[...], to: last)
    let isQuiet = {
      let ports = try agent.ports()
      return ports.count == 1 && ports[0].counters.receivedFrames == 1
    }
    while try !isQuiet(), monotonicNanoseconds() - started < 30_000_000_000 { usleep(5_000) }
    #expect(try isQuiet())
    // Each has a port of its own, with two records: 200 at once, and one a second.
    let seconds = Int((monotonicNanoseconds() - started) / 1_000_000_000)
    #expect((200...201 + seconds).contains(agent.logLines(containing: "lab/bess-").count))

    pause(milliseconds: 1_100)
    let later = try UnixSocket.connect(to: path, kind: .seqpacket)
    for _ in 0..<400 where agent.logLines(containing: "records were left out before").isEmpty { usleep(5_000) }
    #expect(!agent.logLines(containing: "records were left out before").isEmpty)
    withExtendedLifetime((last.number, later.number)) {}
    #expect(agent.end() == 0)
  }

  @Test func `a silent crowd does not keep out a guest that speaks`() throws {
    let agent = try AgentProcess(
      workplace, pluginDirectory: try Plugins.directory(["frozen1"], in: workplace),
      configuration: "lans: {lab: {doors: [frozen1], ports: []}}"
    ).started()
    let path = workplace.path + "/run/lab/frozen1"
    var crowd = [Int32]()
    defer { for number in crowd { _ = Glibc.close(number) } }
    for _ in 0..<1_000 { crowd.append(try UnixSocket.connect(to: path, kind: .seqpacket).release()) }
    let started = monotonicNanoseconds()
    let guest = try UnixSocket.connect(to: path, kind: .seqpacket)
    _ = try UnixSocket.write(Array("hello".utf8)[...], to: guest)
    while try agent.ports().isEmpty, monotonicNanoseconds() - started < 2_000_000_000 { usleep(5_000) }
    #expect(try agent.ports().map(\.name) == ["frozen1-1"])
    #expect(monotonicNanoseconds() - started < 1_000_000_000)
    #expect(agent.logLines(containing: "have not finished their handshake").count == 1)
    #expect(try agent.isResponding())
  }
}
