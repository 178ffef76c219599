import AgentAPI
import Testing

@testable import Agent

struct HandOverStateTests {
  private static let port = HandOverState.Port(
    name: "bess-1", transport: "socket", isTrunk: false, origin: .guest, options: ["buffers": ["4194304"]],
    guest: HandOverState.Guest(userId: 1, groupId: 2, processId: 3, door: "bess", socketType: 5),
    heritage: HandOverState.KeptHeritage(
      isQuiet: true, kept: [HandOverState.Kept(kind: 0, name: "umbel-d1")], state: [0, 255, 10]),
    caller: "umbel-d2", counters: [1, .max])

  private let state = HandOverState(
    listeners: [HandOverState.Listener(place: "/run/umbel/umbel.sock", name: "umbel-d3", device: 4, inode: 5)],
    lans: [
      HandOverState.LAN(
        name: "lab", request: AddLan.Parameters(name: "lab"), guestNumbers: ["bess": 1], ports: [port],
        mirrors: [AddMirror.Parameters(lan: "lab", from: ["web*"], direction: .in, to: "monitor")])
    ])
  private let stations = [
    HandOverState.Station(vlan: 4_095, macAddress: 0xfeff_ffff_fffe, lan: 0, port: 0, ageSeconds: 299),
    HandOverState.Station(vlan: 0, macAddress: 1, lan: 0, port: 65_535, ageSeconds: 0),
  ]

  @Test func `what was written is read`() throws {
    let read = try HandOverState.decode(state.encoded(stations))
    #expect(read.state == state)
    #expect(read.stations == stations)
  }

  @Test func `a file of another format is not read`() {
    var bytes = state.encoded()
    bytes[8] = 2
    #expect(throws: HandOverProblem.format(2)) { try HandOverState.decode(bytes) }
  }

  @Test func `after two attempts a file is not read any more`() throws {
    _ = try HandOverState.decode(state.encoded(attempts: 1))
    #expect(throws: HandOverProblem.tried(2)) { try HandOverState.decode(state.encoded(attempts: 2)) }
    var bytes = state.encoded(attempts: 1)
    bytes[HandOverState.attemptsOffset] += 1
    #expect(throws: HandOverProblem.tried(2)) { try HandOverState.decode(bytes) }
  }

  @Test func `a file that was cut is not read, wherever it was cut`() {
    let bytes = state.encoded(stations)
    for length in 0..<bytes.count {
      #expect(throws: HandOverProblem.broken) { try HandOverState.decode(Array(bytes.prefix(length))) }
    }
  }

  @Test(arguments: [24, 32]) func `lengths beyond the file are refused`(offset: Int) {
    for value in [UInt8.max, 0x7f] {
      var bytes = state.encoded(stations)
      for index in 0..<8 { bytes[offset + index] = index == 7 ? value : .max }
      #expect(throws: HandOverProblem.broken) { try HandOverState.decode(bytes) }
    }
  }

  @Test func `bytes that are no state are refused`() {
    #expect(throws: HandOverProblem.broken) { try HandOverState.decode([UInt8](repeating: 0, count: 4_096)) }
    var bytes = state.encoded()
    bytes[HandOverState.headerWords * 8] = UInt8(ascii: "[")
    #expect(throws: HandOverProblem.broken) { try HandOverState.decode(bytes) }
  }
}
