import Ethernet
import Testing

private func read(_ bytes: [UInt8], length: Int? = nil) -> FrameHeader? {
  unsafe bytes.withUnsafeBytes { bytes in
    guard let start = bytes.baseAddress else { return nil }
    return unsafe FrameHeader(start, length: length ?? bytes.count)
  }
}

private let addresses: [UInt8] = [0x02, 0x11, 0x12, 0x13, 0x14, 0x15, 0x04, 0x21, 0x22, 0x23, 0x24, 0x25]

@Suite struct FrameHeaderTests {
  @Test func `an untagged frame has both addresses, its type and VLAN 0`() throws {
    let header = try #require(read(addresses + [0x08, 0x06, 0xaa, 0xbb]))
    #expect(header.destination.rawValue == 0x0211_1213_1415)
    #expect(header.source.rawValue == 0x0421_2223_2425)
    #expect(header.etherType.rawValue == 0x0806)
    #expect(header.vlan == 0)
  }

  @Test(arguments: [[0x81, 0x00], [0x88, 0xa8]] as [[UInt8]])
  func `a tagged frame has the tag's VLAN id and the type behind it`(tag: [UInt8]) throws {
    let header = try #require(read(addresses + tag + [0xef, 0xfe, 0x86, 0xdd]))
    #expect(header.vlan == 0xffe)
    #expect(header.etherType == .ipv6)
    #expect(header.destination.rawValue == 0x0211_1213_1415)
    #expect(header.source.rawValue == 0x0421_2223_2425)
  }

  @Test func `of two tags the outer one counts`() throws {
    let header = try #require(read(addresses + [0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0xc8, 0x08, 0x00]))
    #expect(header.vlan == 100)
    #expect(header.etherType == .customerTag)
  }

  @Test func `a priority tag is VLAN 0`() throws {
    #expect(try #require(read(addresses + [0x81, 0x00, 0xe0, 0x00, 0x08, 0x00])).vlan == 0)
  }

  @Test(arguments: 0..<14) func `fewer than 14 bytes are a runt`(length: Int) {
    #expect(read(addresses + [0x08, 0x00, 0, 0], length: length) == nil)
  }

  @Test func `14 bytes are a frame`() {
    #expect(read(addresses + [0x08, 0x00]) != nil)
  }

  @Test(arguments: 14..<18) func `fewer than 18 bytes with a tag are a runt`(length: Int) {
    #expect(read(addresses + [0x81, 0x00, 0x00, 0x01, 0x08, 0x00], length: length) == nil)
    #expect(read(addresses + [0x88, 0xa8, 0x00, 0x01, 0x08, 0x00], length: length) == nil)
  }

  @Test func `18 bytes with a tag are a frame`() {
    #expect(read(addresses + [0x81, 0x00, 0x00, 0x01, 0x08, 0x00])?.vlan == 1)
  }
}
