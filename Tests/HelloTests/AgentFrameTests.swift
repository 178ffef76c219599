import Ethernet
import Testing

@testable import Hello

private let sender = AgentFrame.Sender(
  agent: AgentID(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718), lan: 0x2122_2324_2526_2728, port: 7)

private func hello(entries: Int = 2, name: String = "host") -> AgentFrame {
  let heard = (0..<entries).map {
    Announcement.Heard(
      agent: UInt64($0), port: 3, sequence: 9, heldMicroseconds: 1_234, round: 5, longestProbe: 1_450, lost: 1,
      window: 64)
  }
  return AgentFrame(
    sender: sender, sequence: 42,
    content: .hello(Announcement(host: name, lan: "lab", port: "trunk", heard: heard)))
}

private let frames = [
  hello(), hello(entries: 0),
  AgentFrame(sender: sender, sequence: 0, content: .loopProbe(token: 0xdead_beef_0000_0001, port: "tap0")),
  AgentFrame(sender: sender, sequence: 0, content: .pathProbe(round: 3, length: 1_472)),
]

struct AgentFrameTests {
  @Test(arguments: frames) func `what is written is read`(_ frame: AgentFrame) {
    #expect(AgentFrame(frame.bytes, length: frame.bytes.count) == frame)
  }

  @Test func `the header lies where the table says`() {
    let bytes = frames[2].bytes
    #expect(Array(bytes[0..<6]) == [0x03, 0x55, 0x4d, 0x42, 0x45, 0x4c])
    #expect(Array(bytes[6..<12]) == [0x02, 1, 2, 3, 4, 5])
    #expect(Array(bytes[12..<22]) == [0x88, 0xb6] + Array("UMBL".utf8) + [1, 2, 0, 13])
    #expect(Array(bytes[22..<38]) == [1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18])
    #expect(Array(bytes[46..<54]) == [0, 0, 0, 7, 0, 0, 0, 0])
  }

  @Test func `a path probe has the length that it tells`() {
    #expect(frames[3].bytes.count == 1_472)
  }

  @Test func `the beginning of a long probe is enough`() {
    let bytes = frames[3].bytes
    #expect(AgentFrame(Array(bytes.prefix(AgentFrame.mostBytes)), length: bytes.count) == frames[3])
  }

  @Test func `a probe that was cut on its way is none`() {
    #expect(AgentFrame(Array(frames[3].bytes.prefix(1_400)), length: 1_400) == nil)
  }

  @Test func `a frame that was padded on its way is read`() {
    let bytes = frames[1].bytes + [UInt8](repeating: 0, count: 40)
    #expect(AgentFrame(bytes, length: bytes.count) == frames[1])
  }

  @Test func `a hello is never longer than 590 bytes`() {
    #expect(hello(entries: 200).bytes.count <= 590)
    #expect(hello(entries: 200, name: String(repeating: "é", count: 200)).bytes.count <= 590)
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
    for count in 0..<bytes.count { #expect(AgentFrame(Array(bytes.prefix(count)), length: count) == nil) }
  }

  @Test func `random bytes behind a good header are survived, and what is taken can be written`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var bytes = hello().bytes
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
