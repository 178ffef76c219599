import Ethernet
import Testing

@testable import Hello

private let sender = AgentFrame.Sender(
  agent: AgentID(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718), lan: 0x2122_2324_2526_2728, port: 7)

private func hello(entries: Int = 2, name: String = "host", clock: Int64? = nil) -> AgentFrame {
  let heard = (0..<entries).map {
    Announcement.Heard(
      agent: UInt64($0), port: 3, sequence: 9, heldMicroseconds: 1_234, round: 5, longestProbe: 1_450, lost: 1,
      window: 64)
  }
  return AgentFrame(
    sender: sender, sequence: 42,
    content: .hello(Announcement(host: name, lan: "lab", port: "trunk", heard: heard, clock: clock)))
}

/// A hello as agents sent it before hellos told a clock, off the wire.
private let stored: [UInt8] = [
  0x03, 0x55, 0x4d, 0x42, 0x45, 0x4c, 0x02, 0x1d, 0x78, 0x6b, 0x3f, 0xb6, 0x88, 0xb6, 0x55, 0x4d, 0x42, 0x4c, 0x01,
  0x01, 0x00, 0x2e, 0x1d, 0x78, 0x6b, 0x3f, 0xb6, 0xe4, 0xcb, 0xa7, 0x98, 0xc3, 0x0e, 0xba, 0x39, 0xb5, 0xbd, 0x8a,
  0x51, 0xe8, 0x3a, 0x9e, 0x22, 0xb9, 0xf2, 0xe3, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, 0x02, 0x76, 0x6d,
  0x07, 0x64, 0x65, 0x66, 0x61, 0x75, 0x6c, 0x74, 0x05, 0x6d, 0x63, 0x61, 0x73, 0x74, 0x01, 0x09, 0x22, 0x15, 0xf1,
  0xf1, 0x67, 0xca, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, 0x00, 0x02, 0x73, 0x7b, 0xa4, 0xd0, 0xaa,
  0x15, 0x05, 0xc0, 0x00, 0x02,
]

private let frames = [
  hello(), hello(entries: 0), hello(clock: 1_800_000_000_000_001),
  AgentFrame(sender: sender, sequence: 0, content: .loopProbe(token: 0xdead_beef_0000_0001, port: "tap0")),
  AgentFrame(sender: sender, sequence: 0, content: .pathProbe(round: 3, length: 1_472)),
]

struct AgentFrameTests {
  @Test(arguments: frames) func `what is written is read`(_ frame: AgentFrame) {
    #expect(AgentFrame(frame.bytes, length: frame.bytes.count) == frame)
  }

  /// - Parameter padding: what a network may have put behind it.
  @Test(arguments: [
    [], [UInt8](repeating: 0, count: 20), Array("TIME".utf8),
    Array("TIM_\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}".utf8),
  ])
  func `a hello of an agent that does not tell its clock is read`(_ padding: [UInt8]) {
    let bytes = stored + padding
    let heard = Announcement.Heard(
      agent: 0x0922_15f1_f167_ca01, port: 2, sequence: 3, heldMicroseconds: 160_635, round: 0xa4d0_aa15,
      longestProbe: 1_472, lost: 0, window: 2)
    #expect(
      AgentFrame(bytes, length: bytes.count)?.content
        == .hello(Announcement(host: "vm", lan: "default", port: "mcast", heard: [heard])))
  }

  @Test func `to an agent that does not know of clocks one is padding: the body stays as it was`() throws {
    var frame = try #require(AgentFrame(stored, length: stored.count))
    guard case .hello(var announcement) = frame.content else {
      Issue.record("no hello")
      return
    }
    #expect(frame.bytes == stored)
    announcement.clock = 0x0102_0304_0506_0708
    frame.content = .hello(announcement)
    #expect(frame.bytes == stored + Array("TIME".utf8) + [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test(arguments: [
    (0, 0), (Announcement.latestClock, Announcement.latestClock), (Announcement.latestClock + 1, nil), (.max, nil),
    (-1, nil),
  ])
  func `what is no time is no clock`(_ told: Int64, _ read: Int64?) {
    let number = (0..<8).reversed().map { UInt8(truncatingIfNeeded: told >> Int64(8 * $0)) }
    let bytes = stored + Array("TIME".utf8) + number
    guard case .hello(let announcement)? = AgentFrame(bytes, length: bytes.count)?.content else {
      Issue.record("not read")
      return
    }
    #expect(announcement.clock == read)
  }

  @Test func `the header lies where the table says`() {
    let bytes = frames[3].bytes
    #expect(Array(bytes[0..<6]) == [0x03, 0x55, 0x4d, 0x42, 0x45, 0x4c])
    #expect(Array(bytes[6..<12]) == [0x02, 1, 2, 3, 4, 5])
    #expect(Array(bytes[12..<22]) == [0x88, 0xb6] + Array("UMBL".utf8) + [1, 2, 0, 13])
    #expect(Array(bytes[22..<38]) == [1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18])
    #expect(Array(bytes[46..<54]) == [0, 0, 0, 7, 0, 0, 0, 0])
  }

  @Test func `a path probe has the length that it tells`() {
    #expect(frames[4].bytes.count == 1_472)
  }

  @Test func `the beginning of a long probe is enough`() {
    let bytes = frames[4].bytes
    #expect(AgentFrame(Array(bytes.prefix(AgentFrame.mostBytes)), length: bytes.count) == frames[4])
  }

  @Test func `a probe that was cut on its way is none`() {
    #expect(AgentFrame(Array(frames[4].bytes.prefix(1_400)), length: 1_400) == nil)
  }

  @Test func `a frame that was padded on its way is read`() {
    for frame in frames[1...2] {
      let bytes = frame.bytes + [UInt8](repeating: 0, count: 40)
      #expect(AgentFrame(bytes, length: bytes.count) == frame)
    }
  }

  @Test func `a hello is never longer than 590 bytes`() {
    for length in 1...63 {
      #expect(hello(entries: 200, name: String(repeating: "x", count: length), clock: 1).bytes.count <= 590)
    }
    #expect(hello(entries: 200, name: String(repeating: "é", count: 200), clock: 1).bytes.count <= 590)
  }

  @Test func `a long name is cut between characters`() {
    let frame = hello(entries: 0, name: String(repeating: "é", count: 200))
    guard case .hello(let read)? = AgentFrame(frame.bytes, length: frame.bytes.count)?.content else {
      Issue.record("not read")
      return
    }
    #expect(read.host == String(repeating: "é", count: 31))
  }

  @Test func `a name with control characters is refused`() {
    let frame = hello(entries: 0, name: "a\u{1b}[2J")
    #expect(AgentFrame(frame.bytes, length: frame.bytes.count) == nil)
  }

  @Test(arguments: frames) func `no truncation is taken`(_ frame: AgentFrame) {
    let bytes = frame.bytes
    // What is behind the body may be padding.
    var end = bytes.count
    if case .hello(let announcement) = frame.content, announcement.clock != nil { end -= Announcement.clockLength }
    for count in 0..<end { #expect(AgentFrame(Array(bytes.prefix(count)), length: count) == nil) }
  }

  @Test func `random bytes behind a good header are survived, and what is taken can be written`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var bytes = hello(clock: 1_800_000_000_000_001).bytes
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        bytes[Int.random(in: 18..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      guard let frame = AgentFrame(bytes, length: bytes.count) else { continue }
      #expect(AgentFrame(frame.bytes, length: frame.bytes.count) == frame)
    }
  }

  @Test func `random bytes are no frame`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...700, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      #expect(AgentFrame(bytes, length: bytes.count) == nil)
    }
  }

  @Test func `another version is not read`() {
    var bytes = frames[0].bytes
    bytes[18] = 2
    #expect(AgentFrame(bytes, length: bytes.count) == nil)
  }
}
