import Ethernet
import Glibc
import TestSupport
import Testing

/// What `DatagramDestination` makes of a frame; nil: no datagram. The frame ends where readable memory ends.
private func destination(_ frame: [UInt8]) -> DatagramDestination? {
  let fenced = FencedBytes(frame)
  guard unsafe DatagramDestination.isPossible(fenced.start, length: frame.count) else { return nil }
  return unsafe DatagramDestination(fenced.start, length: frame.count)
}

private func udp(isIPv4: Bool = true) -> Packet { Packet(isIPv4: isIPv4, isTCP: false, payload: [1, 2, 3, 4]) }

private func address(_ packet: Packet) -> InternetAddress? { InternetAddress(packet.destination) }

@Suite struct DatagramDestinationTests {
  @Test(arguments: [true, false], [0, 1, 2])
  func `a datagram is found behind up to two tags`(isIPv4: Bool, tags: Int) throws {
    var packet = udp(isIPv4: isIPv4)
    packet.tags = [UInt16](repeating: 7, count: tags)
    let wanted = DatagramDestination(address: try #require(address(packet)), port: 80)
    #expect(destination(packet.frame) == wanted)
  }

  @Test func `a service tag counts as a tag`() {
    var packet = udp()
    packet.tags = [7, 8]
    var frame = packet.frame
    frame[12...13] = [0x88, 0xa8]
    #expect(destination(frame)?.port == 80)
  }

  @Test func `IPv4 options are skipped`() {
    var packet = udp()
    packet.tags = [7, 8]
    packet.options = [UInt8](repeating: 1, count: 40)
    #expect(destination(packet.frame)?.port == 80)
  }

  @Test func `IPv6 extension headers are skipped`() {
    var packet = udp(isIPv4: false)
    packet.extensions = [
      (0, [0, 0, 1, 4, 0, 0, 0, 0]), (43, [UInt8](repeating: 0, count: 8)),
      (60, [0, 1] + [UInt8](repeating: 0, count: 14)),
      (51, [0, 4] + [UInt8](repeating: 0, count: 22)),
    ]
    #expect(destination(packet.frame)?.port == 80)
  }

  @Test func `a first fragment is known by its port, a later one by its address`() throws {
    let packet = udp()
    var frame = packet.frame
    frame[20...21] = [0x20, 0x00]
    #expect(destination(frame)?.port == 80)
    frame[20...21] = [0x00, 0x01]
    #expect(destination(frame) == DatagramDestination(address: try #require(address(packet)), port: nil))
  }

  @Test func `fragments of IPv6 are told apart alike`() throws {
    var packet = udp(isIPv4: false)
    packet.extensions = [(44, [0, 0, 0x00, 0x01, 0, 0, 0, 9])]
    #expect(destination(packet.frame)?.port == 80)
    packet.extensions = [(44, [0, 0, 0x05, 0xa8, 0, 0, 0, 9])]
    #expect(destination(packet.frame) == DatagramDestination(address: try #require(address(packet)), port: nil))
  }

  @Test(arguments: [true, false])
  func `TCP is no datagram`(isIPv4: Bool) {
    #expect(destination(Packet(isIPv4: isIPv4, payload: [1, 2, 3]).frame) == nil)
    #expect(destination(Packet(tags: [1], isIPv4: isIPv4, payload: [1, 2, 3]).frame) == nil)
  }

  @Test func `a frame that is cut before the port is none`() {
    for isIPv4 in [true, false] {
      var packet = udp(isIPv4: isIPv4)
      packet.tags = [1]
      for length in 0..<packet.transportOffset + 4 {
        #expect(destination(Array(packet.frame.prefix(length))) == nil, "\(length) bytes")
      }
      #expect(destination(Array(packet.frame.prefix(packet.transportOffset + 4)))?.port == 80)
    }
  }

  @Test func `other frames are settled at once`() {
    for type: [UInt8] in [[0x08, 0x06], [0x88, 0xb5], [0x00, 0x40]] {
      let frame = [UInt8](repeating: 2, count: 12) + type + [UInt8](repeating: 17, count: 60)
      let possible = unsafe frame.withUnsafeBytes { unsafe DatagramDestination.isPossible($0.baseAddress!, length: 74) }
      #expect(!possible)
    }
  }

  @Test func `random headers never make it read beyond the frame`() {
    var random = SeededGenerator(state: 40)
    var found = 0
    let fence = FencedBytes(capacity: 512)
    for _ in 0..<50_000 {
      var packet = udp(isIPv4: Bool.random(using: &random))
      packet.tags = [UInt16](repeating: 1, count: Int.random(in: 0...2, using: &random))
      if !packet.isIPv4, Bool.random(using: &random) {
        packet.extensions = (0..<Int.random(in: 1...4, using: &random)).map { _ in
          ([0, 43, 44, 51, 60].randomElement(using: &random)!, [0, 0, 0, 0, 0, 0, 0, 0])
        }
      }
      var frame = packet.frame
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        frame[Int.random(in: 12..<frame.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      frame.removeLast(Int.random(in: 0..<frame.count, using: &random) / 2)
      fence.fill(frame)
      if unsafe DatagramDestination.isPossible(fence.start, length: frame.count),
        unsafe DatagramDestination(fence.start, length: frame.count) != nil
      {
        found += 1
      }
    }
    #expect(found > 5_000)
  }
}
