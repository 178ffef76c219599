import Agent
import CTransport
import Hello
import Switching
import Testing

/// What a forwarding thread does with the frames of agents.
struct HelloForwardingTests {
  private static let frame = AgentFrame(
    sender: AgentFrame.Sender(agent: AgentID(high: 1, low: 2), lan: 3, port: 4), sequence: 5,
    content: .loopProbe(token: 6, port: "p")
  ).bytes

  /// A frame to everyone from one of two stations.
  private static func broadcast(from station: UInt8 = 1) -> [UInt8] {
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, station, 8, 0] + [UInt8](repeating: 0, count: 46)
  }

  @Test(arguments: [PortRole.guest, .trunk])
  func `a hello ends at the agent and is told to the control thread`(_ role: PortRole) throws {
    let lan = try StubPorts()
    let port = try lan.add(role: role)
    let other = try lan.add()
    port.remote = umbel_remote(index: 9, generation: 0)
    lan.receive(Self.frame, from: port)
    #expect(other.sent == [])
    #expect(port.received == 1 && port.drops == [.hello: 1])
    let told = lan.hellos()
    #expect(told.map(\.beginning) == [Self.frame])
    #expect(told.map(\.port) == [port.number] && told.map(\.remote.index) == [9])
  }

  @Test func `a hello in pieces is put together`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    let long = Self.frame + [UInt8](repeating: 7, count: 900)
    lan.receive(long, cuts: [100, 300], from: port)
    let told = lan.hellos()
    #expect(told.map(\.beginning) == [Array(long.prefix(HelloReport.capacity))])
    #expect(told.map(\.length) == [UInt32(long.count)])
  }

  @Test func `another frame of the same type passes`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    let other = try lan.add()
    var frame = Self.frame
    frame[14] = 0
    lan.receive(frame, from: port)
    #expect(other.sent == [frame.count])
    #expect(lan.hellos().isEmpty)
  }

  @Test func `of a flood of hellos the control thread is told a bounded number`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    var told = 0
    for _ in 0..<2_000 {
      lan.receive(Self.frame, from: port)
      told += lan.hellos().count
    }
    // The seconds may turn over once or twice meanwhile.
    #expect(told >= 256 && told <= 3 * 256)
    #expect(port.drops == [.hello: 2_000])
  }

  @Test func `a frame of the control thread leaves by its port alone`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    let other = try lan.add()
    lan.inject(Self.frame, to: port)
    #expect(port.frames == [Self.frame])
    #expect(other.sent == [])
  }

  @Test func `a port that is shut carries nothing but hellos`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    let other = try lan.add()
    lan.shut(port, true)
    lan.receive(Self.broadcast(), from: port)
    lan.receive(Self.broadcast(from: 2), from: other)
    #expect(other.sent == [] && port.sent == [])
    #expect(port.drops == [.portDown: 1])
    lan.receive(Self.frame, from: port)
    lan.inject(Self.frame, to: port)
    #expect(lan.hellos().count == 1 && port.frames == [Self.frame])
    lan.shut(port, false)
    lan.receive(Self.broadcast(), from: port)
    #expect(other.sent.count == 1)
  }

  @Test func `frames of a muted remote are dropped, its hellos and other remotes' frames are not`() throws {
    let lan = try StubPorts()
    let trunk = try lan.add(role: .trunk)
    let guest = try lan.add()
    lan.mute([5], at: trunk)
    trunk.remote = umbel_remote(index: 5, generation: 0)
    lan.receive(Self.broadcast(), from: trunk)
    #expect(guest.sent == [] && trunk.drops == [.duplicatePath: 1] && trunk.received == 1)
    lan.receive(Self.frame, from: trunk)
    #expect(lan.hellos().count == 1)
    trunk.remote = umbel_remote(index: 6, generation: 0)
    lan.receive(Self.broadcast(), from: trunk)
    #expect(guest.sent.count == 1)
    lan.mute([], at: trunk)
    trunk.remote = umbel_remote(index: 5, generation: 0)
    lan.receive(Self.broadcast(), from: trunk)
    #expect(guest.sent.count == 2)
  }
}
