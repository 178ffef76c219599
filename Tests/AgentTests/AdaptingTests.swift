import CTransport
import Switching
import Testing

/// Frames with offload metadata, at ports that take some of it or none.
struct AdaptingTests {
  private static let checksum = umbel_offload(
    flags: UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM), gso_type: 0, header_length: 0, gso_size: 0, checksum_start: 34,
    checksum_offset: 16, zero: 0)

  @Test func `a frame with a partial checksum goes as it is to a port that takes it, and completed to others`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let takes = try lan.add(takes: UMBEL_TAKES_CHECKSUM)
    let plain = try lan.add()
    lan.receive(1_000, Self.checksum, from: source)
    #expect(takes.sent == [1_000])
    #expect(plain.sent == [1_000])
    #expect(takes.drops == [:] && plain.drops == [:])
  }

  @Test("an offload does not lift the port's largest frame", arguments: [0, UMBEL_TAKES_CHECKSUM])
  func checksumTooLarge(_ takes: UInt32) throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let small = try lan.add(largestFrame: 999, takes: takes)
    lan.receive(1_000, Self.checksum, from: source)
    #expect(small.sent == [])
    #expect(small.drops == [.tooLargeForPort: 1])
  }

  @Test func `segments that are larger than the port takes are not sent to it`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let small = try lan.add(largestFrame: 1_514, takes: UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4)
    let large = try lan.add(largestFrame: 9_216, takes: UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4)
    var offload = Self.checksum
    offload.gso_type = UInt8(UMBEL_GSO_TCPV4)
    offload.header_length = 54
    offload.gso_size = 8_000
    lan.receive(20_000, offload, from: source)
    #expect(small.sent == [] && small.drops == [.tooLargeForPort: 1])
    #expect(large.sent == [20_000] && large.drops == [:])
  }

  @Test func `an offload that nobody knows is not handed to a port that claims all`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let boaster = try lan.add(takes: .max)
    var offload = umbel_offload()
    offload.gso_type = 77
    offload.gso_size = 500
    lan.receive(1_000, offload, from: source)
    #expect(boaster.sent == [])
    #expect(boaster.drops == [.unsupportedOffload: 1])
  }
}
