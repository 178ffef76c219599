import CTransport
import Glibc
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

  // MARK: What comes out

  /// TCP over IPv4 to everyone, with a partial checksum.
  private static func tcp(payload: Int) -> [UInt8] {
    var frame: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0]
    let length = 40 + payload
    frame += [0x45, 0, UInt8(length >> 8), UInt8(length & 0xff), 0, 9, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
    let header = ~ReferenceSum(Array(frame[14...])).folded
    frame[24...25] = [UInt8(header >> 8), UInt8(header & 0xff)]
    frame += [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x19, 1, 0]
    let segment = 20 + payload
    let pseudoHeader = ReferenceSum([10, 0, 0, 1, 10, 0, 0, 2, 0, 6, UInt8(segment >> 8), UInt8(segment & 0xff)]).folded
    frame += [UInt8(pseudoHeader >> 8), UInt8(pseudoHeader & 0xff), 0, 0]
    return frame + (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  }

  private static func gso(size: UInt16) -> umbel_offload {
    var offload = checksum
    offload.gso_type = UInt8(UMBEL_GSO_TCPV4)
    offload.gso_size = size
    return offload
  }

  /// RFC 1071, word by word.
  private struct ReferenceSum {
    var folded: UInt16
    init(_ bytes: [UInt8]) {
      var sum = 0
      for (index, byte) in bytes.enumerated() { sum += Int(byte) << (index & 1 == 0 ? 8 : 0) }
      while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
      folded = UInt16(sum)
    }
  }

  /// Whether the checksums of a TCP frame over IPv4 are right.
  private static func isWhole(_ frame: [UInt8]) -> Bool {
    let length = frame.count - 34
    let pseudoHeader = Array(frame[26..<34]) + [0, 6, UInt8(length >> 8), UInt8(length & 0xff)]
    return ReferenceSum(pseudoHeader + frame[34...]).folded == 0xffff
      && ReferenceSum(Array(frame[14..<34])).folded == 0xffff
  }

  @Test func `a partial checksum is completed for the port that takes none, and for it alone`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let plain = try lan.add()
    let takes = try lan.add(takes: UMBEL_TAKES_CHECKSUM)
    let frame = Self.tcp(payload: 501)
    lan.receive(frame, Self.checksum, from: source)
    #expect(takes.frames == [frame])
    #expect(takes.offloads.map(\.flags) == [UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM)])
    let completed = try #require(plain.frames.first)
    #expect(Array(completed[..<50]) == Array(frame[..<50]) && Array(completed[52...]) == Array(frame[52...]))
    #expect(Self.isWhole(completed))
    #expect(plain.offloads.map(\.flags) == [0])
  }

  @Test(arguments: [0, UMBEL_TAKES_CHECKSUM, UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV6])
  func `a port without TSO gets whole segments`(takes: UInt32) throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let port = try lan.add(takes: takes)
    lan.receive(Self.tcp(payload: 3_000), Self.gso(size: 1_400), from: source)
    #expect(port.sent == [1_454, 1_454, 254])
    #expect(port.frames.allSatisfy(Self.isWhole))
    #expect(port.offloads.allSatisfy { $0.flags == 0 && $0.gso_type == 0 })
  }

  @Test func `a flooded frame is cut for each port alike and reaches the others unharmed`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let first = try lan.add()
    let whole = try lan.add(takes: UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4)
    let second = try lan.add()
    let last = try lan.add(takes: UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4)
    let frame = Self.tcp(payload: 60_000)
    lan.receive(frame, Self.gso(size: 1_448), from: source)
    #expect(first.sent.count == 42 && first.frames.allSatisfy(Self.isWhole))
    #expect(first.frames == second.frames)
    #expect(first.frames.flatMap { $0[54...] } == Array(frame[54...]))
    #expect(whole.frames == [frame] && last.frames == [frame])
  }

  @Test func `the segments of the largest frame are sent in one call`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let port = try lan.add()
    lan.receive(Self.tcp(payload: 65_535 - 40), Self.gso(size: 1_448), from: source)
    #expect(port.sent.count == 46 && port.frames.allSatisfy(Self.isWhole))
    #expect(port.calls == 1 && port.segmented == [1, 46])
  }

  @Test func `frames to be completed and plain ones leave in one call, in order`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let port = try lan.add(mostPieces: 2)
    let other = try lan.add(mostPieces: 1)
    let frames = (0..<20).map { Self.tcp(payload: $0 * 70) }
    lan.receive(
      frames.enumerated().map { IncomingFrame($1, $0 % 3 == 0 ? umbel_offload() : Self.checksum) }, from: source)
    #expect(port.calls == 1 && other.calls == 1)
    #expect(port.frames == other.frames && port.sent == frames.map(\.count))
    for (index, frame) in port.frames.enumerated() {
      #expect(index % 3 == 0 ? frame == frames[index] : Self.isWhole(frame))
    }
  }

  @Test func `what is written for a port that is slow is still there when it takes it`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let slow = try lan.add(mostPieces: 8)
    slow.isBusy = true
    let frame = Self.tcp(payload: 20_000)
    lan.receive(frame, Self.gso(size: 1_448), from: source)
    lan.receive(Self.tcp(payload: 9_000), Self.gso(size: 100), from: source)
    slow.isBusy = false
    usleep(40_000)
    lan.receive(Self.tcp(payload: 500), Self.checksum, from: source)
    #expect(slow.frames.allSatisfy(Self.isWhole))
    #expect(slow.frames.prefix(14).flatMap { $0[54...] } == Array(frame[54...]))
    #expect(slow.frames.last?.count == 554)
  }

  @Test func `more than the arena holds is sent in order, whatever it was written for`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let ports = try [1, 2, 8].map { try lan.add(mostPieces: $0) }
    let frames = (0..<40).map { Self.tcp(payload: 8_000 + $0) }
    // Each in three pieces, for a port that takes one.
    lan.receive(frames.map { IncomingFrame($0, cuts: [70, 4_000]) }, from: source)
    for port in ports { #expect(port.frames == frames) }
  }

  @Test func `more segments than a batch holds are sent in order`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let port = try lan.add()
    let frame = Self.tcp(payload: 65_000)
    lan.receive(frame, Self.gso(size: 100), from: source)
    #expect(port.sent.count == 650 && port.frames.allSatisfy(Self.isWhole))
    #expect(port.frames.flatMap { $0[54...] } == Array(frame[54...]))
    #expect(port.calls == 6)
  }

  @Test func `a frame in as many pieces as there may be is made whole`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let plain = try lan.add()
    let pieces = try lan.add(mostPieces: 64)
    let frame = Self.tcp(payload: 7_000)
    let cuts = (0..<63).map { 64 + $0 * 100 }
    lan.receive(frame, cuts: cuts, from: source)
    lan.receive(frame, Self.gso(size: 1_000), cuts: cuts, from: source)
    #expect(plain.frames.first == frame && pieces.frames.first == frame)
    #expect(plain.sent.count == 8 && plain.frames.dropFirst().allSatisfy(Self.isWhole))
    #expect(plain.frames == pieces.frames)
  }

  @Test func `that a checksum was verified is not handed on`() throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let port = try lan.add(takes: UMBEL_TAKES_CHECKSUM)
    var offload = umbel_offload()
    offload.flags = UInt8(UMBEL_OFFLOAD_DATA_VALID)
    lan.receive(Self.tcp(payload: 100), offload, from: source)
    offload = Self.checksum
    offload.flags |= UInt8(UMBEL_OFFLOAD_DATA_VALID)
    lan.receive(Self.tcp(payload: 100), offload, from: source)
    #expect(port.offloads.map(\.flags) == [0, UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM)])
  }

  @Test("metadata that cannot be true ends the frame, whatever the port takes", arguments: 0..<5)
  func implausible(_ kind: Int) throws {
    let lan = try StubPorts()
    let source = try lan.add()
    let plain = try lan.add()
    let boaster = try lan.add(mostPieces: 64, takes: .max)
    var offload = Self.gso(size: 100)
    switch kind {
    case 0: offload.gso_type = UInt8(UMBEL_GSO_ECN)
    case 1: offload.gso_size = 0
    case 2: offload.checksum_start = 0xffff
    case 3: offload.checksum_offset = 0xffff
    // Into the Ethernet header, after the switch has read it.
    default:
      offload = Self.checksum
      offload.checksum_start = 0
      offload.checksum_offset = 6
    }
    lan.receive(Self.tcp(payload: 500), offload, from: source)
    #expect(plain.drops == [.unsupportedOffload: 1] && boaster.drops == [.unsupportedOffload: 1])
    #expect(plain.sent == [] && boaster.sent == [])
  }
}
