import Agent
import CTransport
import Switching
import Testing
import TransportHost

/// Frames longer than a trunk's underlay carries in one piece, and the SYNs of connections that would make such frames.
struct PathMTUTests {
  /// A guest, a trunk that carries 1,450 bytes in one piece, and a station behind it.
  private struct Site {
    let lan: StubPorts
    let guest: StubPorts.Stub
    let trunk: StubPorts.Stub

    init(takes: UInt32 = 0, wholeFrame: UInt32 = 1_450, _ change: (inout PortSettings) -> Void = { _ in }) throws {
      var settings = PortSettings()
      change(&settings)
      lan = try StubPorts()
      guest = try lan.add()
      trunk = try lan.add(role: .trunk, takes: takes, wholeFrame: wholeFrame, settings: settings)
      // The far station says where it is.
      lan.receive(frame(to: guestAddress, from: farAddress, type: [0x88, 0xb5], 60), from: trunk)
    }
  }

  private static let checksum = umbel_offload(
    flags: UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM), gso_type: 0, header_length: 0, gso_size: 0, checksum_start: 34,
    checksum_offset: 16, zero: 0)

  // MARK: Too big

  @Test func `a packet with DF that does not pass is answered to its sender, and does not go out`() throws {
    let site = try Site()
    site.lan.receive(udp(1_460), from: site.guest)
    #expect(site.trunk.sent == [] && site.trunk.drops == [.tooBig: 1])
    let answer = try #require(site.guest.frames.last)
    #expect(Array(answer[..<14]) == guestAddress + farAddress + [8, 0])
    #expect(Array(answer[23...23]) == [1] && Array(answer[26..<34]) == [10, 0, 0, 2, 10, 0, 0, 1])
    #expect(Array(answer[34..<36]) == [3, 4] && Array(answer[40..<42]) == [5, 0x9c], "1,436 bytes pass")
    #expect(answer.count == 14 + 576)
  }

  @Test func `what passes in one piece is not touched`() throws {
    let site = try Site()
    let frame = udp(1_450)
    site.lan.receive(frame, from: site.guest)
    #expect(site.trunk.frames == [frame] && site.trunk.drops == [:] && site.trunk.fragmented == 0)
  }

  @Test func `without DF it is sent and counted, or dropped where that is the policy`() throws {
    let frame = udp(1_460, flags: 0)
    let site = try Site()
    site.lan.receive(frame, from: site.guest)
    #expect(site.trunk.frames == [frame] && site.trunk.fragmented == 1 && site.trunk.drops == [:])
    let strict = try Site { $0.oversize = .drop }
    strict.lan.receive(frame, from: strict.guest)
    #expect(strict.trunk.sent == [] && strict.trunk.drops == [.oversizeForPath: 1] && strict.trunk.fragmented == 0)
  }

  @Test func `without the option nobody is told`() throws {
    let site = try Site { $0.tooBig = false }
    site.lan.receive(udp(1_460), from: site.guest)
    #expect(site.trunk.sent == [1_460] && site.trunk.fragmented == 1 && site.guest.sent == [60])
  }

  @Test func `what is flooded is not answered`() throws {
    let site = try Site()
    var frame = udp(1_460)
    frame[5] = 77
    site.lan.receive(frame, from: site.guest)
    #expect(site.trunk.sent == [1_460] && site.trunk.fragmented == 1 && site.guest.sent == [60])
    // And after it, what is not flooded is.
    site.lan.receive(udp(1_460), from: site.guest)
    #expect(site.trunk.drops == [.tooBig: 1])
  }

  @Test func `a sender is told a hundred times a second at most, and its frames do not go out anyway`() throws {
    let site = try Site()
    for _ in 0..<300 { site.lan.receive(udp(1_460), from: site.guest) }
    #expect(site.trunk.sent == [] && site.trunk.drops == [.tooBig: 300])
    // The seconds of the forwarder's clock may turn meanwhile.
    #expect([100, 200].contains(site.guest.frames.count { $0.count == 590 }))
  }

  @Test func `a frame that is longer than the port takes at all is not answered`() throws {
    let site = try Site()
    let small = try site.lan.add(largestFrame: 1_400)
    site.lan.receive(frame(to: guestAddress, from: otherAddress, type: [0x88, 0xb5], 60), from: small)
    var frame = udp(1_460)
    frame.replaceSubrange(0..<6, with: otherAddress)
    site.lan.receive(frame, from: site.guest)
    #expect(small.drops == [.tooLargeForPort: 1])
  }

  @Test func `the answer about a frame that came in by a trunk goes back to the remote it came from`() throws {
    let lan = try StubPorts()
    let trunk = try lan.add(role: .trunk)
    let guest = try lan.add(wholeFrame: 1_450)
    lan.receive(frame(to: farAddress, from: guestAddress, type: [0x88, 0xb5], 60), from: guest)
    trunk.remote = umbel_remote(index: 7, generation: 3)
    var frame = udp(1_460)
    frame.replaceSubrange(0..<12, with: guestAddress + farAddress)
    lan.receive(frame, from: trunk)
    #expect(trunk.sent == [60, 590] && guest.drops == [.tooBig: 1])
    #expect(trunk.remotes.last?.index == 7 && trunk.remotes.last?.generation == 3)
  }

  @Test func `a frame in pieces is answered like a whole one`() throws {
    let whole = try Site()
    whole.lan.receive(udp(1_460), from: whole.guest)
    let site = try Site()
    site.lan.receive(udp(1_460), cuts: [64, 65, 700], from: site.guest)
    #expect(site.guest.frames == whole.guest.frames)
  }

  @Test("a super-frame is judged by its segments", arguments: [0, UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4])
  func segments(takes: UInt32) throws {
    let site = try Site(takes: takes)
    var offload = Self.checksum
    offload.gso_type = UInt8(UMBEL_GSO_TCPV4)
    // 54 bytes of headers.
    offload.gso_size = 1_396
    site.lan.receive(tcp(payload: 20_000), offload, from: site.guest)
    #expect(site.trunk.sent == (takes == 0 ? [Int](repeating: 1_450, count: 14) + [510] : [20_054]))
    offload.gso_size = 1_397
    site.lan.receive(tcp(payload: 20_000), offload, from: site.guest)
    #expect(site.trunk.drops == [.tooBig: 1])
  }

  @Test("TCP options count into a segment's length", arguments: [0, UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4])
  func segmentsWithOptions(takes: UInt32) throws {
    let site = try Site(takes: takes)
    var offload = Self.checksum
    offload.gso_type = UInt8(UMBEL_GSO_TCPV4)
    offload.gso_size = 1_390
    site.lan.receive(tcp(options: [UInt8](repeating: 1, count: 12), payload: 20_000), offload, from: site.guest)
    #expect(site.trunk.sent == [] && site.trunk.drops == [.tooBig: 1])
  }

  // MARK: MSS

  @Test func `a SYN that goes out by a trunk gets the MSS that passes`() throws {
    let site = try Site()
    site.lan.receive(syn(mss: 1_460), from: site.guest)
    #expect(site.trunk.frames == [syn(mss: 1_396)] && site.trunk.clamped == 1)
  }

  @Test func `a SYN that came in by a trunk has it at all ports`() throws {
    let site = try Site()
    let other = try site.lan.add()
    let pieces = try site.lan.add(mostPieces: 8)
    let frame = syn(mss: 1_460, payload: 100, to: everyone, from: farAddress)
    site.lan.receive(frame, cuts: [64], from: site.trunk)
    let expected = syn(mss: 1_396, payload: 100, to: everyone, from: farAddress)
    #expect(site.guest.frames.last == expected && other.frames == [expected] && pieces.frames == [expected])
    #expect(site.trunk.clamped == 1)
  }

  @Test func `a flooded SYN is lowered for the trunk alone`() throws {
    let site = try Site()
    let local = try site.lan.add()
    let farther = try site.lan.add(role: .trunk, wholeFrame: 1_400)
    site.lan.receive(syn(mss: 1_460, to: everyone), from: site.guest)
    #expect(local.frames == [syn(mss: 1_460, to: everyone)])
    #expect(site.trunk.frames == [syn(mss: 1_396, to: everyone)])
    #expect(farther.frames == [syn(mss: 1_346, to: everyone)])
  }

  @Test func `a SYN with a partial checksum is lowered before the checksum is completed`() throws {
    let site = try Site()
    let frame = syn(mss: 1_460)
    site.lan.receive(partial(frame), Self.checksum, from: site.guest)
    #expect(site.trunk.frames == [syn(mss: 1_396)])
    let takes = try Site(takes: UMBEL_TAKES_CHECKSUM)
    takes.lan.receive(partial(frame), Self.checksum, from: takes.guest)
    #expect(takes.trunk.frames == [partial(syn(mss: 1_396))])
  }

  @Test func `an MSS that fits is left, and so is every MSS where the option is off or everything passes`() throws {
    let site = try Site()
    site.lan.receive(syn(mss: 1_396), from: site.guest)
    #expect(site.trunk.frames == [syn(mss: 1_396)] && site.trunk.clamped == 0)
    let off = try Site { $0.mssClamp = false }
    let any = try Site(wholeFrame: 0)
    for site in [off, any] {
      site.lan.receive(syn(mss: 1_460), from: site.guest)
      #expect(site.trunk.frames == [syn(mss: 1_460)] && site.trunk.clamped == 0)
    }
  }

  @Test func `a trunk that is down drops as others do`() throws {
    let site = try Site()
    site.trunk.setDown()
    site.lan.receive(udp(200), from: site.guest)
    #expect(site.trunk.sent == [] && site.trunk.drops == [.portDown: 1])
  }
}

// MARK: - Frames

private let guestAddress: [UInt8] = [2, 0, 0, 0, 0, 1]
private let farAddress: [UInt8] = [2, 0, 0, 0, 0, 2]
private let otherAddress: [UInt8] = [2, 0, 0, 0, 0, 3]
private let everyone = [UInt8](repeating: 0xff, count: 6)

private func frame(to destination: [UInt8], from source: [UInt8], type: [UInt8], _ length: Int) -> [UInt8] {
  let header = destination + source + type
  return header + [UInt8](repeating: 0, count: length - header.count)
}

private func bytes(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xff), UInt8(value & 0xff)] }

private func sum(_ bytes: [UInt8]) -> Int {
  var sum = 0
  for (index, byte) in bytes.enumerated() { sum += Int(byte) << (index & 1 == 0 ? 8 : 0) }
  while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
  return sum
}

/// An IPv4 header from 10.0.0.1 to 10.0.0.2.
private func ipv4(_ length: Int, protocol number: UInt8, flags: UInt8 = 0x40) -> [UInt8] {
  let start: [UInt8] = [0x45, 0] + bytes(length) + [0, 9, flags, 0, 64, number]
  let addresses: [UInt8] = [10, 0, 0, 1, 10, 0, 0, 2]
  return start + bytes(~sum(start + addresses)) + addresses
}

/// A UDP datagram from the guest to the far station, a frame of `length` bytes.
private func udp(_ length: Int, flags: UInt8 = 0x40) -> [UInt8] {
  farAddress + guestAddress + [8, 0] + ipv4(length - 14, protocol: 17, flags: flags) + bytes(7) + bytes(7)
    + bytes(length - 34) + [0, 0] + [UInt8](repeating: 0x55, count: length - 42)
}

/// A TCP segment with its checksum in place.
private func tcp(
  flags: UInt8 = 0x10, options: [UInt8] = [], payload: Int = 0, to destination: [UInt8] = farAddress,
  from source: [UInt8] = guestAddress
) -> [UInt8] {
  let length = 20 + options.count + payload
  let start = bytes(1) + bytes(2) + [0, 0, 0, 0, 0, 0, 0, 0, UInt8(5 + options.count / 4) << 4, flags, 1, 0]
  let end = [0, 0] + options + [UInt8](repeating: 0x55, count: payload)
  let checksum = ~sum([10, 0, 0, 1, 10, 0, 0, 2, 0, 6] + bytes(length) + start + [0, 0] + end)
  return destination + source + [8, 0] + ipv4(20 + length, protocol: 6) + start + bytes(checksum) + end
}

private func syn(
  mss: Int, payload: Int = 0, to destination: [UInt8] = farAddress, from source: [UInt8] = guestAddress
) -> [UInt8] {
  tcp(flags: 2, options: [2, 4] + bytes(mss) + [1, 3, 3, 7], payload: payload, to: destination, from: source)
}

/// A TCP frame with the sum of the pseudo-header in the checksum's place.
private func partial(_ frame: [UInt8]) -> [UInt8] {
  var frame = frame
  let pseudoHeader = Array(frame[26..<34]) + [0, 6] + bytes(frame.count - 34)
  frame.replaceSubrange(50..<52, with: bytes(sum(pseudoHeader)))
  return frame
}
