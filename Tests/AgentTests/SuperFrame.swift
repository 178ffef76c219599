import Ethernet
import TestSupport

// A super-frame as a guest gives it away, and what it is to become: a reference that shares nothing with the segmenter
// but the rules of the protocols.

/// A frame of TCP or UDP over IPv4 or IPv6, with room in its headers for all that may be there.
struct SuperFrame {
  var tags: [UInt16] = []
  var isIPv4 = true
  var isTCP = true
  /// Of IPv4 or TCP, multiples of 4 bytes.
  var ipOptions: [UInt8] = []
  var tcpOptions: [UInt8] = []
  /// Of IPv6: each begins with the number of the one behind it, which is filled in.
  var extensions: [(number: UInt8, bytes: [UInt8])] = []
  var identification = 0
  var sequence = 0
  var flags = 0x10
  var payload: [UInt8] = []

  private var addressLength: Int { isIPv4 ? 4 : 16 }
  var network: Int { 14 + 4 * tags.count }
  var transport: Int { network + (isIPv4 ? 20 + ipOptions.count : 40 + extensions.reduce(0) { $0 + $1.bytes.count }) }
  var headerLength: Int { transport + (isTCP ? 20 + tcpOptions.count : 8) }
  var checksumPlace: Int { transport + (isTCP ? 16 : 6) }

  /// All headers, for so many bytes of payload, with the sum of the pseudo-header where the checksum goes.
  private func headers(payload count: Int) -> [UInt8] {
    let number: UInt8 = isTCP ? 6 : 17
    var bytes: [UInt8] = [2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1]
    for tag in tags { bytes += [0x81, 0] + word(Int(tag)) }
    let length = headerLength + count - transport
    if isIPv4 {
      bytes += [8, 0, UInt8(0x45 + ipOptions.count / 4), 0x10] + word(transport - network + length)
      bytes += word(identification) + [0x40, 0, 61, number, 0, 0]
    } else {
      bytes += [0x86, 0xdd, 0x61, 0x23, 0x45, 0x67] + word(transport - network - 40 + length)
      bytes += [extensions.first?.number ?? number, 61]
    }
    let addresses = (0..<2 * addressLength).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
    bytes += addresses
    if isIPv4 {
      bytes += ipOptions
      put(~sum(bytes[network...]), into: &bytes, at: network + 10)
    } else {
      for (index, header) in extensions.enumerated() {
        let next = index + 1 < extensions.count ? extensions[index + 1].number : number
        bytes += [next] + header.bytes.dropFirst()
      }
    }
    bytes += [0x12, 0x34, 0, 80]
    if isTCP {
      bytes += word(sequence >> 16) + word(sequence) + [9, 8, 7, 6, UInt8(0x50 + tcpOptions.count * 4), UInt8(flags)]
      bytes += [0x20, 0, 0, 0, 0, 0] + tcpOptions
    } else {
      bytes += word(length) + [0, 0]
    }
    put(sum(addresses + [0, number] + word(length)), into: &bytes, at: checksumPlace)
    return bytes
  }

  /// The frame with its checksum not completed.
  var partial: [UInt8] { headers(payload: payload.count) + payload }

  /// The frame with everything in place.
  var whole: [UInt8] {
    var bytes = partial
    let checksum = ~sum(bytes[transport...])
    put(checksum == 0 && !isTCP ? 0xffff : checksum, into: &bytes, at: checksumPlace)
    return bytes
  }

  /// What it stands for with segments of so many bytes of payload.
  func segments(of size: Int) -> [[UInt8]] {
    stride(from: 0, to: max(payload.count, 1), by: size).map { start in
      var segment = self
      let end = min(start + size, payload.count)
      segment.payload = Array(payload[start..<end])
      segment.identification = identification + start / size
      segment.sequence = sequence + start
      if end < payload.count { segment.flags &= 0xf6 }
      if start > 0 { segment.flags &= 0x7f }
      return segment.whole
    }
  }

  private func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xff), UInt8(value & 0xff)] }

  private func put(_ value: UInt16, into bytes: inout [UInt8], at place: Int) {
    bytes.replaceSubrange(place..<place + 2, with: word(Int(value)))
  }

  /// RFC 1071, word by word; the first byte is the upper one.
  private func sum(_ bytes: some RandomAccessCollection<UInt8>) -> UInt16 {
    var sum = 0
    var isUpper = true
    for byte in bytes {
      sum += isUpper ? Int(byte) << 8 : Int(byte)
      isUpper.toggle()
    }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return UInt16(sum)
  }
}

extension SuperFrame {
  /// One of any kind.
  init(_ random: inout SeededGenerator) {
    isIPv4 = Bool.random(using: &random)
    isTCP = Bool.random(using: &random)
    tags = (0..<Int.random(in: 0...2, using: &random)).map { _ in .random(in: 0...4_095, using: &random) }
    if isIPv4 {
      ipOptions = random.bytes(4 * [0, 0, .random(in: 1...10, using: &random)].randomElement(using: &random)!)
    } else if Bool.random(using: &random) {
      extensions = (0..<Int.random(in: 1...3, using: &random)).map { index in
        let eights = Int.random(in: 0...8, using: &random)
        return (index == 0 ? 0 : 60, [0, UInt8(eights)] + random.bytes(6 + 8 * eights))
      }
    }
    if isTCP { tcpOptions = random.bytes(4 * Int.random(in: 0...10, using: &random)) }
    identification = .random(in: 0...0xffff, using: &random)
    sequence = .random(in: 0...0xffff_ffff, using: &random)
    flags = .random(in: 0...255, using: &random)
    let longest = [40, 1_500, 9_000, 65_535 - 40 - (headerLength - network)].randomElement(using: &random)!
    payload = random.bytes(.random(in: 0...longest, using: &random))
  }
}
