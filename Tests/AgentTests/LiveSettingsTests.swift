import Agent
import CTransport
import Switching
import Testing

/// What a reload changes of a port and of a LAN that go on.
struct LiveSettingsTests {
  /// A frame of 1,400 bytes to everyone.
  private func send(_ count: Int, from port: StubPorts.Stub, of lan: StubPorts) {
    for _ in 0..<count { lan.receive(1_400, umbel_offload(), from: port) }
  }

  @Test func `storm limits hold from the next frame on, and no counter begins anew`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    let other = try lan.add()
    send(20, from: port, of: lan)
    #expect(other.sent.count == 20 && port.drops.isEmpty)
    var settings = PortSettings()
    settings.storm.broadcast = 1
    lan.set(settings, of: port)
    send(10, from: port, of: lan)
    // The second may turn over once meanwhile.
    #expect(port.received == 30 && (1...2).contains(other.sent.count - 20))
    #expect(port.drops[.stormBroadcast] == UInt64(30 - other.sent.count))
    lan.set(PortSettings(), of: port)
    send(10, from: port, of: lan)
    #expect(port.received == 40 && other.sent.count >= 31)
  }

  @Test func `what becomes of frames that are too long changes with the next one`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    let trunk = try lan.add(role: .trunk, wholeFrame: 1_000)
    send(1, from: port, of: lan)
    #expect(trunk.sent == [1_400] && trunk.fragmented == 1)
    var settings = PortSettings()
    settings.oversize = .drop
    lan.set(settings, of: trunk)
    send(1, from: port, of: lan)
    #expect(trunk.sent == [1_400] && trunk.fragmented == 1 && trunk.drops.count == 1)
    lan.set(PortSettings(), of: trunk)
    send(1, from: port, of: lan)
    #expect(trunk.sent == [1_400, 1_400])
  }

  @Test func `a port gets another queue with what waits in the old one, and what finds no room is counted`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    let slow = try lan.add()
    slow.isBusy = true
    // A frame of 1,400 bytes takes 1,440 of the queue.
    send(40, from: port, of: lan)
    #expect(slow.drops.isEmpty)
    try lan.setQueue(bytes: 1 << 20, of: slow)
    send(60, from: port, of: lan)
    #expect(slow.drops.isEmpty)
    try lan.setQueue(bytes: 50 * 1_440, of: slow)
    #expect(slow.drops == [.queueFull: 50])
    send(1, from: port, of: lan)
    #expect(slow.drops == [.queueFull: 51])
    slow.isBusy = false
    for _ in 0..<200 where slow.sent.count < 50 { lan.step() }
    #expect(slow.sent.count == 50)
  }

  @Test func `a LAN passes control protocols no more, and does again`() throws {
    let lan = try StubPorts()
    let port = try lan.add()
    let other = try lan.add()
    let frame: [UInt8] =
      [0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcc] + [UInt8](repeating: 0, count: 46)
    var configuration = SwitchConfiguration()
    for policy in [ControlProtocolPolicy.pass, .drop, .pass] {
      configuration.controlProtocols = policy
      lan.change(to: configuration)
      lan.receive(frame, from: port)
    }
    #expect(other.sent.count == 2 && port.drops == [.controlProtocol: 1])
  }
}
