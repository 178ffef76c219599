import Glibc
import LinuxIO
import Testing

// SegmentSender ── lo ── SegmentReceiver

@Suite struct SegmentTests {
  @Test func `datagrams of equal length go out as one run and come in one by one`() throws {
    let link = try SegmentLink()
    let sent = (0..<40).map { frame(1_400, tag: UInt8($0)) }
    for datagram in sent { link.add(datagram) }
    #expect(link.send() == (40, 0))
    #expect(link.receiveAll() == sent)
    #expect(link.runsSent == 1)
    #expect(link.datagramsInRuns == 40)
    #expect(link.mergedDatagrams == 40)
  }

  @Test func `unequal lengths keep their order and their bytes`() throws {
    let link = try SegmentLink()
    // Shorter last ones end a run, longer ones begin another.
    let lengths = [60, 1_000, 1_000, 1_000, 200, 1_000, 999, 999, 1_000, 8, 8, 7, 9, 1_500, 1_500, 40]
    let sent = lengths.enumerated().map { frame($1, tag: UInt8($0 + 1)) }
    for datagram in sent { link.add(datagram) }
    #expect(link.send() == (sent.count, 0))
    #expect(link.receiveAll() == sent)
    // 1000,1000,1000,200 | 1000,999 | 8,8,7 | 1500,1500,40 and 999 with nothing behind it, 9 and the rest alone.
    #expect(link.datagramsInRuns < UInt64(sent.count))
    #expect(link.runsSent >= 4)
  }

  @Test func `a merged message is handed out over as many turns as it takes`() throws {
    let link = try SegmentLink()
    let sent = (0..<60).map { frame(500, tag: UInt8($0)) }
    for datagram in sent { link.add(datagram) }
    #expect(link.send() == (60, 0))
    var received: [[UInt8]] = []
    for _ in 0..<9 {
      let part = link.receive(most: 7)
      #expect(part.count == 7 || received.count + part.count == 60)
      received += part
    }
    #expect(received == sent)
    #expect(link.isEmpty)
    #expect(link.mergedMessages == 1)
  }

  @Test func `the rest of a merged message is passed over`() throws {
    let link = try SegmentLink()
    let first = (0..<20).map { frame(500, tag: UInt8($0)) } + [frame(100, tag: 20)]
    for datagram in first { link.add(datagram) }
    #expect(link.send() == (21, 0))
    link.sending.removeAll()
    let second = (0..<5).map { frame(700, tag: UInt8($0)) }
    for datagram in second { link.add(datagram) }
    #expect(link.send() == (5, 0))
    #expect(link.receive(most: 3) == Array(first[..<3]))
    #expect(link.skipMessage() == 18)
    #expect(link.receive(most: 5) == second)
    // Behind the last datagram there is nothing left, of this message or of one that follows.
    #expect(link.skipMessage() == 0 && link.isEmpty)
    #expect(link.mergedDatagrams == 26)
  }

  @Test func `behind a message's last datagram the next message stays`() throws {
    let link = try SegmentLink(gro: false)
    for index in 0..<3 { link.add(frame(500, tag: UInt8(index))) }
    #expect(link.send() == (3, 0))
    #expect(link.receive(most: 1).count == 1)
    #expect(link.skipMessage() == 0)
    #expect(link.receiveAll().count == 2)
  }

  @Test func `a run has no more than 64 datagrams and 65,507 bytes`() throws {
    let link = try SegmentLink()
    for index in 0..<130 { link.add(frame(16, tag: UInt8(index))) }
    #expect(link.send() == (130, 0))
    #expect(link.runsSent == 3)
    link.sending.removeAll()
    for index in 0..<14 { link.add(frame(9_000, tag: UInt8(index))) }
    #expect(link.send() == (14, 0))
    // Seven of 9,000 bytes fit.
    #expect(link.runsSent == 5)
    #expect(link.receiveAll().count == 144)
  }

  @Test func `datagrams to different places are never one run`() throws {
    let link = try SegmentLink()
    for index in 0..<20 { link.add(frame(100, tag: UInt8(index)), toOther: index % 2 == 1) }
    #expect(link.send() == (20, 0))
    #expect(link.receiveAll().map(\.[0]) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    #expect(link.runsSent == 0)
  }

  @Test func `a datagram longer than the MTU takes is in no run`() throws {
    let link = try SegmentLink()
    link.sending.longestSegment = 1_472
    for index in 0..<4 { link.add(frame(1_473, tag: UInt8(index))) }
    #expect(link.send() == (4, 0))
    #expect(link.runsSent == 0)
    #expect(link.receiveAll().count == 4)
  }

  @Test func `without runs every datagram is a message of its own`() throws {
    let link = try SegmentLink(gro: false)
    link.sending.makesRuns = false
    let sent = (0..<30).map { frame(700, tag: UInt8($0)) }
    for datagram in sent { link.add(datagram) }
    #expect(link.send() == (30, 0))
    #expect(link.receiveAll() == sent)
    #expect(link.runsSent == 0)
    #expect(link.mergedMessages == 0)
  }

  @Test func `a kernel that refuses runs gets plain datagrams, none lost and none twice`() throws {
    let link = try SegmentLink()
    // Without a checksum to fill in the kernel makes no segments: EINVAL.
    try setSocketOption(link.sender.number, SOL_SOCKET, SO_NO_CHECK, 1)
    let sent = (0..<50).map { frame($0 < 3 ? 90 - $0 * 2 : 600, tag: UInt8($0)) }
    for datagram in sent { link.add(datagram) }
    #expect(link.send() == (50, 0))
    #expect(link.receiveAll() == sent)
    #expect(!link.makesRuns)
    #expect(link.runsSent == 0)
  }

  @Test func `a run too long for the route goes out plainly and the next is a run again`() async {
    await #expect(processExitsWith: .success) {
      try PrivateNetwork.enter()
      PrivateNetwork.ip("link set lo up mtu 1000")
      let link = try SegmentLink()
      let sent = (0..<6).map { frame(1_400, tag: UInt8($0)) } + (0..<6).map { frame(400, tag: UInt8($0)) }
      for datagram in sent { link.add(datagram) }
      // Kernels of before 6.14 say EINVAL, which cannot be told from a kernel that makes no segments.
      #expect(link.send() == (12, 0))
      #expect(link.receiveAll() == sent)
      #expect(link.runsSent == (link.makesRuns ? 1 : 0))
    }
  }

  @Test func `an error is about the first datagram that was not sent`() throws {
    let link = try SegmentLink()
    link.add(frame(100))
    link.add(frame(100, tag: 2))
    // Beyond what UDP carries.
    link.add(frame(70_000, tag: 3), pieceLength: 35_000, tag: 77)
    link.add(frame(100, tag: 4))
    let (sent, error) = link.send()
    #expect(sent == 2 && error == EMSGSIZE)
    #expect(link.tag(sent) == 77)
    #expect(link.send(from: sent + 1) == (1, 0))
    #expect(link.receiveAll().map(\.[0]) == [1, 2, 4])
  }

  @Test func `more than there is room for is refused`() throws {
    let link = try SegmentLink(capacity: 2)
    #expect(link.add(frame(100)))
    #expect(link.add(frame(100)))
    #expect(!link.add(frame(100)))
    link.sending.removeAll()
    #expect(link.add(frame(100)))
  }

  @Test func `an empty datagram comes as one`() throws {
    let link = try SegmentLink()
    link.add(frame(20))
    link.add([])
    link.add(frame(20, tag: 9))
    #expect(link.send() == (3, 0))
    #expect(link.receiveAll() == [frame(20), [], frame(20, tag: 9)])
  }
}
