import CTransport
import Glibc
import Testing

@testable import TapTransport

// Each test is a process with a network of its own; see TapDeviceTests.

@Suite(.enabled(if: PrivateNetwork.isPossible, "a network namespace needs root"))
struct TapFrameTests {
  @Test func `umbel_offload begins as struct virtio_net_hdr`() {
    #expect(TapForwarder.headerBytes == 10)
    #expect(MemoryLayout<umbel_offload>.offset(of: \.flags) == 0)
    #expect(MemoryLayout<umbel_offload>.offset(of: \.gso_type) == 1)
    #expect(MemoryLayout<umbel_offload>.offset(of: \.header_length) == 2)
    #expect(MemoryLayout<umbel_offload>.offset(of: \.gso_size) == 4)
    #expect(MemoryLayout<umbel_offload>.offset(of: \.checksum_start) == 6)
    #expect(MemoryLayout<umbel_offload>.offset(of: \.checksum_offset) == 8)
  }

  @Test func `frames pass both ways, whole and in order`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap(["mtu": .integer(9_000)])
      let host = try PacketSocket("tap0")
      let lengths = [14, 60, 1_514, 2_048, 2_049, 9_014]
      #expect(port.send(lengths.map { frame($0, tag: 2) }, pieceLength: 1_500) == Int32(lengths.count))
      for length in lengths { #expect(host.receive() == frame(length, tag: 2)) }
      for length in lengths { host.send(frame(length, tag: 4)) }
      let received = port.receive()
      #expect(received.map(\.bytes) == lengths.map { frame($0, tag: 4) })
      #expect(received.allSatisfy { $0.isClean && $0.port == DrivenPort.number })
    }
  }

  @Test func `a call takes no more than the host has room for, and says that there is more`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      let host = try PacketSocket("tap0")
      for _ in 0..<100 { host.send(frame(60)) }
      #expect(port.receive(capacity: 5).count == 5)
      #expect(port.hasMore)
      #expect(port.receive().count == TapForwarder.batch)
      #expect(port.receive().count == 100 - 5 - TapForwarder.batch)
      #expect(!port.hasMore)
    }
  }

  @Test func `what is no frame is not sent`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      let host = try PacketSocket("tap0")
      #expect(port.send([frame(60), [], frame(61)]) == 1)
      #expect(port.send([[]]) == -EMSGSIZE)
      #expect(port.send([frame(13)]) == -EMSGSIZE)
      #expect(port.counters == ["send-emsgsize": 2])
      #expect(host.receive() == frame(60))
      #expect(host.receive() == nil)
    }
  }

  @Test func `a frame longer than a segment may be is left out and counted`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      PrivateNetwork.ip("link set tap0 mtu 20000")
      let host = try PacketSocket("tap0")
      host.send(frame(9_216))
      host.send(frame(9_217))
      host.send(frame(60))
      #expect(port.receive().map(\.bytes.count) == [9_216, 60])
      #expect(port.counters == ["host-oversize": 1])
    }
  }

  @Test func `a super-frame of the host comes in whole, with what is left to be done`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      #expect(port.record.states.last?.offloads == 15)
      let host = try PacketSocket("tap0", hasHeader: true)
      let whole = partialSegment(payload: 60_000)
      #expect(host.send(partialHeader(segment: 1_448) + whole) == 10 + whole.count)
      let received = port.receive()
      #expect(received.map(\.bytes) == [whole])
      #expect(received.first?.gsoType == UInt8(UMBEL_GSO_TCPV4))
      #expect(received.first?.gsoSize == 1_448)
      #expect(received.first?.needsChecksum == true)
      #expect(received.first?.pieceCount == 1)
    }
  }

  @Test func `a super-frame of the LAN reaches the host whole`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap()
      let host = try PacketSocket("tap0", hasHeader: true)
      let whole = partialSegment(payload: 60_000)
      // In as many pieces as the port says that it takes, too.
      for pieceLength in [16_384, 60_054 / TapForwarder.mostPieces + 1] {
        #expect(port.send([whole], pieceLength: pieceLength, offload: partialOffload(segment: 1_448)) == 1)
        let seen = try #require(host.receive())
        #expect(Array(seen[10...]) == whole)
        #expect(Array(seen[..<2]) == [1, 1])
        #expect(Array(seen[4..<6]) == [0xa8, 0x05])
      }
      // The next frame does not inherit it.
      #expect(port.send([frame(60)]) == 1)
      #expect(host.receive() == Array(repeating: 0, count: 10) + frame(60))
    }
  }

  @Test func `without offload the kernel finishes frames before they come in`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      let port = try tap(["offload": .integer(0)])
      #expect(port.record.states.last?.offloads == 0)
      let host = try PacketSocket("tap0", hasHeader: true)
      host.send(partialHeader(segment: 1_448) + partialSegment(payload: 2 * 1_448))
      let received = port.receive()
      #expect(received.map(\.bytes.count) == [1_502, 1_502])
      #expect(received.allSatisfy { $0.isClean && isTCPChecksumCorrect($0.bytes) })
    }
  }

  @Test func `a persistent device forgets the offloads of its last user`() async {
    await #expect(processExitsWith: .success) {
      try enterQuietNetwork()
      try tap(["persistent": .integer(1)]).close()
      let port = try tap(["offload": .integer(0)])
      let host = try PacketSocket("tap0", hasHeader: true)
      host.send(partialHeader(segment: 0) + partialSegment(payload: 100))
      let received = port.receive()
      #expect(received.count == 1)
      #expect(received.allSatisfy { $0.isClean && isTCPChecksumCorrect($0.bytes) })
    }
  }
}

private func isTCPChecksumCorrect(_ frame: [UInt8]) -> Bool {
  let segment = Array(frame[34...])
  let pseudo: [UInt8] = frame[26..<34] + [0, 6, UInt8(segment.count >> 8), UInt8(segment.count & 255)]
  return onesSum(pseudo + segment) == 0xffff
}
