import AgentAPI
import LinuxIO
import Testing

/// A LAN that ends while others still ask about it, or want to join it.
struct EndingTests {
  @Test func `no port joins a LAN that is ending`() throws {
    let bench = try Bench(plugins: ["bad"])
    try stall(bench, lan: "lab", milliseconds: 1_000)
    let removal = try PendingCall(bench.agent, RemoveLan.self, RemoveLan.Parameters(name: "lab"))
    pause(milliseconds: 50)
    let late = try Station(8)
    #expect(throws: ClientError.self) { try bench.agent.addPort("late", "minimal", late.options) }
    #expect(try removal.reply().contains("\"parameters\""))
    #expect(try bench.agent.status().lans.isEmpty)
    #expect(bench.agent.end() == 0)
  }

  @Test func `a LAN whose last port has failed ends once`() throws {
    let bench = try Bench(plugins: ["bad"])
    let guest = try Station(9)
    _ = try bench.agent.call(AddLan.self, AddLan.Parameters(name: "other", doors: []))
    try bench.agent.addPort("bad", "bad", guest.options.merging(["fault": "start-fails"]) { $1 }, lan: "other")
    _ = try bench.agent.port("bad") { $0.state == .failed }
    _ = try bench.agent.call(RemoveLan.self, RemoveLan.Parameters(name: "other"))
    #expect(bench.agent.logLines(containing: "LAN other is down").count == 1)
    #expect(bench.agent.end() == 0)
  }

  @Test func `ports are listed while their LAN ends`() throws {
    let bench = try Bench(plugins: ["bad"], head: "threads: 2")
    _ = try bench.agent.call(AddLan.self, AddLan.Parameters(name: "other", doors: []))
    try stall(bench, lan: "other", milliseconds: 1_000)
    // Its answer waits for the stalled thread, and has taken note of the ports of both LANs.
    let listing = try PendingCall(bench.agent, ListPorts.self, ListPorts.Parameters())
    pause(milliseconds: 50)
    _ = try bench.agent.call(RemoveLan.self, RemoveLan.Parameters(name: "lab"))
    #expect(try listing.reply().contains("\"left\""))
    #expect(bench.agent.end() == 0)
  }

  @Test func `stations are listed while a LAN ends`() throws {
    let bench = try Bench(plugins: ["bad"], head: "threads: 2")
    _ = try bench.agent.call(AddLan.self, AddLan.Parameters(name: "first", doors: []))
    try stall(bench, lan: "first", milliseconds: 200)
    let listing = try PendingCall(bench.agent, ListStations.self, ListStations.Parameters())
    pause(milliseconds: 50)
    _ = try bench.agent.call(RemoveLan.self, RemoveLan.Parameters(name: "lab"))
    #expect(try listing.reply().contains("\"stations\""))
    #expect(try bench.agent.isResponding())
    #expect(bench.agent.end() == 0)
  }

  @Test func `an agent that cannot start leaves nothing behind`() throws {
    let workplace = try Workplace()
    let run = workplace.path + "/run"
    try FileSystem.makeDirectory(run)
    // In the way of the second LAN's directory.
    try FileSystem.write([], to: run + "/second")
    let configuration = "lans: {first: {doors: [bess]}, second: {doors: [bess]}}"
    try FileSystem.write(Array(configuration.utf8), to: workplace.path + "/umbel.yaml")
    let child = try ChildProcess(
      [
        Places.agent, "--config", workplace.path + "/umbel.yaml", "--plugin-dir", Places.build, "--runtime-dir", run,
      ], output: workplace.path + "/log")
    #expect(child.wait(milliseconds: 5_000) == 69)
    let log = String(decoding: try FileSystem.read(workplace.path + "/log"), as: UTF8.self)
    #expect(log.contains("LAN first is down"))
    #expect(try FileSystem.names(in: run) == ["second", "umbel.lock"])
  }

  /// Keeps the forwarding thread of a LAN from answering.
  private func stall(_ bench: Bench, lan: String, milliseconds: Int) throws {
    let guest = try Station(9)
    try bench.agent.addPort(
      "bad", "bad", guest.options.merging(["fault": "receive-sleeps", "amount": "\(milliseconds)"]) { $1 }, lan: lan)
    _ = try bench.agent.port("bad") { $0.state == .up }
    try guest.send(bench.next(to: Frames.broadcast, from: guest.address))
    pause(milliseconds: 30)
  }
}

/// A call on a connection of its own whose answer is read later.
private struct PendingCall: ~Copyable {
  private let socket: Descriptor

  init<Method: AgentMethod>(_ agent: AgentProcess, _ method: Method.Type, _ parameters: Method.Parameters) throws {
    let request = Message.encode(Message.Request(method: method.name.qualified, parameters: parameters))
    let socket = try UnixSocket.connect(
      to: agent.workplace.path + "/run/umbel.sock", kind: .stream, timeoutMilliseconds: 5_000)
    _ = try UnixSocket.write(request[...], to: socket)
    self.socket = socket
  }

  /// The whole message, as text.
  func reply() throws -> String {
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while text.last != 0, case .bytes(let count) = try UnixSocket.read(from: socket, into: &piece) {
      text += piece[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }
}
