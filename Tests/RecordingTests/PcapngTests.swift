import Recording
import Testing

/// The blocks of a capture file, byte for byte.
struct PcapngTests {
  /// A block of a file.
  private struct Block: Equatable {
    var type: UInt32
    var body: [UInt8]
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The blocks that a file consists of; each says its length at both ends.
  private static func blocks(_ bytes: [UInt8]) throws -> [Block] {
    var rest = bytes[...]
    var blocks: [Block] = []
    while !rest.isEmpty {
      try #require(rest.count >= 12)
      let length = Int(number(rest.dropFirst(4).prefix(4)))
      try #require(length % 4 == 0 && length >= 12 && length <= rest.count)
      #expect(number(rest.prefix(length).suffix(4)) == UInt64(length))
      let body = Array(rest.prefix(length).dropFirst(8).dropLast(4))
      blocks.append(Block(type: UInt32(number(rest.prefix(4))), body: body))
      rest = rest.dropFirst(length)
    }
    return blocks
  }

  /// The options at the end of a body, by their codes.
  private static func options(_ bytes: ArraySlice<UInt8>) throws -> [(code: Int, value: [UInt8])] {
    var rest = bytes
    var options: [(Int, [UInt8])] = []
    while true {
      try #require(rest.count >= 4)
      let code = Int(number(rest.prefix(2)))
      let length = Int(number(rest.dropFirst(2).prefix(2)))
      rest = rest.dropFirst(4)
      if code == 0 {
        #expect(length == 0 && rest.isEmpty)
        return options
      }
      options.append((code, Array(rest.prefix(length))))
      rest = rest.dropFirst((length + 3) & ~3)
    }
  }

  @Test func `a file begins with a section that says its byte order and who wrote it`() throws {
    let blocks = try Self.blocks(Pcapng(snaplen: 128, application: "umbel 1").bytes)
    #expect(blocks.map(\.type) == [0x0a0d_0d0a])
    #expect(Array(blocks[0].body.prefix(8)) == [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0])
    let options = try Self.options(blocks[0].body[16...])
    #expect(options.contains { $0.code == 4 && $0.value == Array("umbel 1".utf8) })
  }

  @Test func `an interface is Ethernet with a name, and its times are nanoseconds`() throws {
    var pcapng = Pcapng(snaplen: 128, application: "")
    pcapng.removeAll()
    #expect(pcapng.addInterface(name: "site", description: "a trunk") == 0)
    #expect(pcapng.addInterface(name: "host", description: "a TAP") == 1)
    let blocks = try Self.blocks(pcapng.bytes)
    #expect(blocks.map(\.type) == [1, 1])
    #expect(Array(blocks[0].body.prefix(8)) == [1, 0, 0, 0, 128, 0, 0, 0])
    let options = try Self.options(blocks[0].body[8...])
    #expect(options.map(\.code) == [2, 3, 9])
    #expect(options[0].value == Array("site".utf8) && options[2].value == [9])
  }

  @Test func `a packet has its time, its lengths, its direction, what is said of it, and what was lost`() throws {
    var pcapng = Pcapng(snaplen: 64, application: "")
    _ = pcapng.addInterface(name: "site", description: "")
    pcapng.removeAll()
    var record = CaptureRecord(
      time: 0x0102_0304_0506_0708, port: 7, direction: .leaving, outcome: .dropped(3), length: 1_514)
    record.lostBefore = 9
    pcapng.add(record, [1, 2, 3, 4, 5], interface: 0, comments: ["dropped: queue-full"])
    let blocks = try Self.blocks(pcapng.bytes)
    #expect(blocks.map(\.type) == [6])
    let body = blocks[0].body
    #expect(Array(body[4..<12]) == [4, 3, 2, 1, 8, 7, 6, 5])
    #expect(Array(body[12..<20]) == [5, 0, 0, 0, 0xea, 5, 0, 0])
    #expect(Array(body[20..<28]) == [1, 2, 3, 4, 5, 0, 0, 0])
    let options = try Self.options(body[28...])
    #expect(options.map(\.code) == [1, 2, 4])
    #expect(options[0].value == Array("dropped: queue-full".utf8))
    #expect(options[1].value == [2, 0, 0, 0] && options[2].value == [9, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func `a packet that came in says so, and nothing was lost unless it is told`() throws {
    var pcapng = Pcapng(snaplen: 64, application: "")
    _ = pcapng.addInterface(name: "site", description: "")
    pcapng.removeAll()
    pcapng.add(
      CaptureRecord(time: 1, port: 7, direction: .arriving, length: 4), [1, 2, 3, 4], interface: 0, comments: [])
    let options = try Self.options(try Self.blocks(pcapng.bytes)[0].body[24...])
    #expect(options.map(\.code) == [2] && options.allSatisfy { $0.value == [1, 0, 0, 0] })
  }

  @Test func `at the end it is told how many packets each interface has`() throws {
    var pcapng = Pcapng(snaplen: 64, application: "")
    _ = pcapng.addInterface(name: "site", description: "")
    _ = pcapng.addInterface(name: "host", description: "")
    for _ in 0..<3 {
      pcapng.add(CaptureRecord(time: 5, port: 7, direction: .arriving, length: 0), [], interface: 1, comments: [])
    }
    pcapng.removeAll()
    pcapng.finish(time: 10)
    let blocks = try Self.blocks(pcapng.bytes)
    #expect(blocks.map(\.type) == [5, 5])
    let counts = try blocks.map { try Self.options($0.body[12...]).first { $0.code == 8 }?.value.first }
    #expect(counts == [0, 3])
  }
}
