import AgentAPI
import Glibc
import LinuxIO
import Testing

//   guests on Unix datagram sockets ── door dgram ── LAN "lab" of an agent with the built plugins

struct DatagramDoorTests {
  private let workplace: Workplace
  private let agent: AgentProcess
  private var door: String { workplace.path + "/run/lab/dgram" }

  init() throws {
    workplace = try Workplace()
    agent = try AgentProcess(
      workplace, pluginDirectory: Places.build, configuration: "lans: {lab: {doors: [dgram], ports: []}}"
    ).started()
  }

  private func frame(_ to: UInt8, from: UInt8, length: Int = 100, serial: Int = 0) -> [UInt8] {
    Frames.frame(
      to: to == 0xff ? Frames.broadcast : [2, 0, 0, 0, 0, to], from: [2, 0, 0, 0, 0, from], length: length,
      serial: serial)
  }

  /// Sends something until the agent has a port for the guest, as a guest does that begins with the greeting.
  private func introduce(_ guest: DatagramGuest, ports: Int) throws {
    try guest.send(Array("VFKT".utf8), to: door)
    for _ in 0..<400 where try agent.ports().count(where: { $0.state == .up }) < ports { usleep(5_000) }
    try #require(try agent.ports().count == ports, "\(agent.log)")
  }

  private func counters() throws -> [String: Int] {
    try #require(try agent.call(ListLans.self, Nothing()).lans.first?.doors.first).transportCounters
  }

  @Test func `a guest at a path and one with an abstract name exchange frames, jumbo ones too`() throws {
    let path = try DatagramGuest(workplace.path + "/guest", connectedTo: door)
    let abstract = try DatagramGuest("@\(workplace.path)")
    try introduce(path, ports: 1)
    try introduce(abstract, ports: 2)
    for (serial, length) in [60, 1_514, 9_216].enumerated() {
      let there = frame(2, from: 1, length: length, serial: serial)
      try path.send(there, to: door)
      #expect(abstract.receive() == there)
      let back = frame(1, from: 2, length: length, serial: serial)
      try abstract.send(back, to: door)
      #expect(path.receive() == back)
    }
    #expect(try agent.port("dgram-1").text == "sends from \(workplace.path)/guest")
    #expect(try agent.port("dgram-2").text == "sends from @\(workplace.path)")
    #expect(try agent.port("dgram-1").peer?.processId == Int(getpid()))
    #expect(try counters().isEmpty)
    #expect(agent.end() == 0)
    #expect(try FileSystem.names(in: workplace.path + "/run") == ["umbel.lock"])
  }

  @Test func `frames go to the socket that the guest has bound, whatever its path leads to later`() throws {
    let path = workplace.path + "/guest"
    let guest = try DatagramGuest(path)
    let other = try DatagramGuest(workplace.path + "/other")
    let sender = try DatagramGuest("@\(workplace.path)")
    try introduce(guest, ports: 1)
    try introduce(sender, ports: 2)
    #expect(unsafe rename(path, path + ".moved") == 0)
    #expect(unsafe symlink(workplace.path + "/other", path) == 0)
    // Longer than the probes take that ask whether it lives.
    usleep(2_500_000)
    try sender.send(frame(0xff, from: 2), to: door)
    #expect(guest.receive() == frame(0xff, from: 2))
    #expect(other.receive(within: 100) == nil)
  }

  @Test func `a guest whose path leads to another's socket is refused`() throws {
    let path = workplace.path + "/guest"
    let guest = try DatagramGuest(path)
    let other = try DatagramGuest(workplace.path + "/other")
    #expect(unsafe rename(path, path + ".moved") == 0)
    #expect(unsafe symlink(workplace.path + "/other", path) == 0)
    try guest.send(frame(0xff, from: 1), to: door)
    for _ in 0..<400 where agent.logLines(containing: "refused a guest").isEmpty { usleep(5_000) }
    #expect(!agent.logLines(containing: "what it names for its frames, \(path), is no socket").isEmpty)
    #expect(try agent.ports().isEmpty)
    #expect(other.receive(within: 0) == nil)
  }

  @Test func `every frame that is offered is received or counted`() throws {
    let guest = try DatagramGuest("@\(workplace.path)")
    // Until the agent has let it in, frames are counted at the door.
    for serial in 0..<20 { try guest.send(frame(0xff, from: 1, serial: serial), to: door) }
    try introduce(guest, ports: 1)
    for length in [0, 1, 13, 14, 60, 9_216, 9_217, 20_000] {
      try guest.send(Array(frame(0xff, from: 1, length: max(length, 14)).prefix(length)), to: door)
    }
    let port = try agent.port("dgram-1") { $0.transportCounters["guest-oversize"] == 2 }
    let early = try counters()["early-frame"] ?? 0
    #expect(early > 0)
    #expect(port.counters.receivedFrames == 3 + 20 - early)
    #expect(port.transportCounters == ["guest-empty": 1, "guest-runt": 2, "guest-oversize": 2])
  }

  @Test func `senders without a name that leads to them are counted at the door`() throws {
    try DatagramGuest(nil).send(frame(0xff, from: 1), to: door)
    var counted = try counters()
    for _ in 0..<100 where counted.isEmpty {
      usleep(10_000)
      counted = try counters()
    }
    #expect(counted == ["unnamed-sender": 1])
    #expect(try agent.ports().isEmpty)
  }

  @Test func `a guest that closes its socket has no port any more, a quiet one keeps its own`() throws {
    let quiet = try DatagramGuest("@\(workplace.path)/quiet", connectedTo: door)
    try introduce(quiet, ports: 1)
    var gone: DatagramGuest? = try DatagramGuest(workplace.path + "/gone")
    try introduce(try #require(gone), ports: 2)
    gone = nil
    for _ in 0..<100 where try agent.ports().count == 2 { usleep(50_000) }
    // Some more turns of the probe.
    usleep(2_500_000)
    #expect(try agent.ports().map(\.name) == ["dgram-1"])
    #expect(!agent.logLines(containing: "lab/dgram-2 has left: the guest has closed its socket").isEmpty)
  }

  @Test func `a guest that is connected to the door gets more frames than max_dgram_qlen`() throws {
    let connected = try DatagramGuest("@\(workplace.path)/1", connectedTo: door)
    let sender = try DatagramGuest("@\(workplace.path)/2")
    try introduce(connected, ports: 1)
    try introduce(sender, ports: 2)
    try connected.send(frame(0xff, from: 1), to: door)
    #expect(sender.receive() != nil)
    for serial in 0..<200 { try sender.send(frame(1, from: 2, serial: serial), to: door) }
    _ = try agent.port("dgram-1") { $0.counters.sentFrames == 200 }
    var received = 0
    while connected.receive(within: 100) == frame(1, from: 2, serial: received) { received += 1 }
    #expect(received == 200)
  }

  @Test func `what is beyond the table of senders is counted, and the others lose nothing`() throws {
    let guests = try (0..<257).map { try DatagramGuest("@\(workplace.path)/\($0)") }
    for guest in guests { try guest.send(frame(0xff, from: 9), to: door) }
    for _ in 0..<400 where try agent.ports().count < 256 { usleep(10_000) }
    #expect(try agent.ports().count == 256)
    #expect(try counters()["sender-table-full"] == 1)
    try guests[0].send(frame(0xff, from: 1), to: door)
    #expect(guests[255].receive() != nil)
    #expect(agent.end() == 0)
  }
}
