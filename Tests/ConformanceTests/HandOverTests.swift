import Glibc
import LinuxIO
import Testing
import TransportHost

/// What a transport of another author leaves to the process after it.
struct HandOverTests {
  private func load(_ name: String, in workplace: Workplace) throws -> LoadedTransport {
    try LoadedTransport.load(name, from: PluginDirectory(Plugins.directory([name], in: workplace)), hooks: .silent)
  }

  private func outside(_ station: Station) -> [String: String] {
    station.options.merging(["local": "127.0.0.1", "peer": "127.0.0.1"]) { $1 }
  }

  @Test(arguments: [true, false]) func `a cable goes on with the next process, without losing a frame`(
    isQuiet: Bool
  ) throws {
    let workplace = try Workplace()
    let transport = try load("outside", in: workplace)
    let station = try Station(1)
    let port = try LoadedPort(transport, outside(station))
    let frames = (0..<3).map { Frames.frame(to: Frames.broadcast, from: station.address, length: 100, serial: $0) }
    try station.send(frames[0])
    let left = try port.leave(isQuiet: isQuiet)
    #expect(left.kept.map(\.kind) == [1] && left.state.isEmpty && left.isQuiet == isQuiet)
    // Nobody reads it now; the kernel keeps it.
    try station.send(frames[1])
    let next = try LoadedPort(transport, outside(station), adopted: left)
    #expect(next.receive() == [frames[0], frames[1]])
    #expect(next.send(frames[2]) == 1)
    #expect(try station.receive() == frames[2])
  }

  @Test func `a hand-over that comes to nothing changes nothing`() throws {
    let workplace = try Workplace()
    let station = try Station(1)
    let port = try LoadedPort(load("outside", in: workplace), outside(station))
    let frame = Frames.frame(to: Frames.broadcast, from: station.address, length: 100, serial: 1)
    let first = try #require(port.handOver(isQuiet: true))
    #expect(port.send(frame) == 1)
    #expect(try station.receive() == frame)
    #expect(port.handOver(isQuiet: true) == first)
  }

  @Test func `what another version has left is refused, and stays the host's`() throws {
    let workplace = try Workplace()
    let transport = try load("outside", in: workplace)
    let station = try Station(1)
    let left = try LoadedPort(transport, outside(station)).leave(isQuiet: true)
    let kept = left.kept[0]
    for wrong in [
      Heritage(isQuiet: true, kept: [], state: []), Heritage(isQuiet: true, kept: [kept, kept], state: []),
      Heritage(isQuiet: true, kept: [kept], state: [1]),
      Heritage(isQuiet: true, kept: [Heritage.Kept(descriptor: kept.descriptor, kind: 2)], state: []),
    ] {
      let problem = #expect(throws: PluginProblem.self) {
        _ = try LoadedPort(transport, outside(station), adopted: wrong)
      }
      #expect(problem?.error == EBADMSG)
    }
    #expect(fcntl(kept.descriptor, F_GETFD) >= 0)
    _ = try LoadedPort(transport, outside(station), adopted: left)
  }

  @Test func `a transport without hand_over leaves nothing`() throws {
    let workplace = try Workplace()
    let station = try Station(1)
    let port = try LoadedPort(load("minimal", in: workplace), station.options)
    #expect(port.handOver(isQuiet: true) == nil)
  }

  @Test(arguments: [true, false]) func `all that there is room for is kept`(isQuiet: Bool) throws {
    let workplace = try Workplace()
    let station = try Station(1)
    let port = try LoadedPort(load("bad", in: workplace), station.options)
    let left = try #require(port.handOver(isQuiet: isQuiet))
    #expect(left.kept.map(\.kind) == [7])
    #expect(left.state == [UInt8](repeating: UInt8(ascii: "x"), count: isQuiet ? 196_608 : 4_096))
  }

  @Test("what breaks the rules leaves nothing", arguments: ["many", "long", "closed", "error"], [true, false])
  func fault(_ name: String, isQuiet: Bool) throws {
    let workplace = try Workplace()
    let station = try Station(1)
    let port = try LoadedPort(
      load("bad", in: workplace), station.options.merging(["fault": "hand-over-\(name)"]) { $1 })
    #expect(port.handOver(isQuiet: isQuiet) == nil)
  }
}
