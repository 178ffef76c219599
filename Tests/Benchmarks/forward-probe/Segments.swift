/// Successive segments of one TCP connection over IPv4, with timestamps as Linux sends them (RFC 9293, RFC 7323).
struct Segments {
  /// Bytes of payload in each: as long as what passes an underlay of 1,500 bytes in one piece, less the headers.
  static let payload = 1_472 - headers
  /// Bytes before the payload: Ethernet, IPv4, TCP with 12 bytes of options.
  static let headers = 14 + 20 + 32
  /// Where the TCP header begins.
  static let transport = 14 + 20

  let fromTap: Bool
  /// Of the first byte.
  let sequence: UInt32
  let count: Int

  /// All of them as one frame, whose checksum is partial.
  var superFrame: [UInt8] { frame(at: 0, bytes: count * Segments.payload, isFinished: false) }

  /// One by one, with partial checksums.
  var frames: [[UInt8]] { (0..<count).map { frame(at: $0, bytes: Segments.payload, isFinished: false) } }

  /// One by one, as on a wire.
  var finishedFrames: [[UInt8]] { (0..<count).map { frame(at: $0, bytes: Segments.payload, isFinished: true) } }

  private func frame(at index: Int, bytes: Int, isFinished: Bool) -> [UInt8] {
    let ends: [[UInt8]] = [[2, 0, 0, 0, 0, 0x0a], [2, 0, 0, 0, 0, 0x0b]]
    let addresses: [[UInt8]] = [[10, 0, 0, 1], [10, 0, 0, 2]]
    let (from, to) = fromTap ? (0, 1) : (1, 0)
    let first = sequence &+ UInt32(index * Segments.payload)
    var ip: [UInt8] =
      [0x45, 0] + big(UInt16(20 + 32 + bytes)) + big(UInt16(truncatingIfNeeded: index)) + [0x40, 0, 64, 6]
    ip += [0, 0] + addresses[from] + addresses[to]
    ip.replaceSubrange(10..<12, with: big(~sum(ip)))
    var tcp: [UInt8] = big(UInt16(5_001)) + big(UInt16(40_000)) + big(first) + big(UInt32(1)) + [0x80, 0x10, 2, 0]
    tcp += [0, 0, 0, 0, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1]
    tcp += (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
    let pseudo = addresses[from] + addresses[to] + [0, 6] + big(UInt16(tcp.count))
    tcp.replaceSubrange(16..<18, with: big(isFinished ? ~sum(pseudo + tcp) : sum(pseudo)))
    return ends[to] + ends[from] + [8, 0] + ip + tcp
  }

  private func big(_ value: some FixedWidthInteger) -> [UInt8] {
    stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// The one's complement sum of 16-bit words (RFC 1071).
  private func sum(_ bytes: [UInt8]) -> UInt16 {
    var total: UInt32 = 0
    for (index, byte) in bytes.enumerated() { total += UInt32(byte) << (index % 2 == 0 ? 8 : 0) }
    while total > 0xffff { total = total & 0xffff + total >> 16 }
    return UInt16(total)
  }
}
