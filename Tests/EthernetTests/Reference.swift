// The slow and obvious way, to compare with.

/// RFC 1071 word by word.
func referenceChecksum(_ bytes: [UInt8]) -> UInt16 {
  var sum = 0
  for index in stride(from: 0, to: bytes.count, by: 2) {
    let low = index + 1 < bytes.count ? Int(bytes[index + 1]) : 0
    sum += Int(bytes[index]) << 8 + low
    if sum > 0xffff { sum -= 0xffff }
  }
  return ~UInt16(sum)
}

func bytes(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
func bytes(_ value: UInt32) -> [UInt8] { bytes(UInt16(value >> 16)) + bytes(UInt16(value & 0xffff)) }

/// What a frame is to hold; `frame` makes it as a sender without offloads would.
struct Packet {
  var tags: [UInt16] = []
  var isIPv4 = true
  var isTCP = true
  /// IPv4 options, a multiple of 4 bytes.
  var options: [UInt8] = []
  /// IPv6 extension headers that stand before TCP or UDP, as (number, bytes).
  var extensions: [(number: UInt8, bytes: [UInt8])] = []
  var identification: UInt16 = 0
  var sequence: UInt32 = 0
  var flags: UInt8 = 0x10
  /// TCP options, a multiple of 4 bytes.
  var tcpOptions: [UInt8] = []
  var payload: [UInt8] = []

  var source: [UInt8] { isIPv4 ? [10, 0, 0, 1] : [0xfd] + [UInt8](repeating: 0x11, count: 15) }
  var destination: [UInt8] { isIPv4 ? [10, 0, 0, 2] : [0xfd] + [UInt8](repeating: 0x22, count: 15) }
  var number: UInt8 { isTCP ? 6 : 17 }

  var ethernet: [UInt8] {
    var header: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
    for tag in tags { header += [0x81, 0x00] + bytes(tag) }
    return header + bytes(isIPv4 ? 0x0800 : 0x86dd as UInt16)
  }

  /// The TCP or UDP header with that checksum.
  func transport(checksum: UInt16) -> [UInt8] {
    let ports = bytes(4711 as UInt16) + bytes(80 as UInt16)
    guard isTCP else { return ports + bytes(UInt16(8 + payload.count)) + bytes(checksum) }
    return ports + bytes(sequence) + bytes(0x0102_0304 as UInt32) + [UInt8(5 + tcpOptions.count / 4) << 4, flags]
      + bytes(0x7210 as UInt16) + bytes(checksum) + bytes(0 as UInt16) + tcpOptions
  }

  var pseudoHeader: [UInt8] {
    let length = transport(checksum: 0).count + payload.count
    return source + destination + bytes(UInt32(length)) + [0, 0, 0, number]
  }

  var checksum: UInt16 {
    let sum = referenceChecksum(pseudoHeader + transport(checksum: 0) + payload)
    return sum == 0 && !isTCP ? 0xffff : sum
  }

  func network(length: Int) -> [UInt8] {
    guard isIPv4 else {
      var header: [UInt8] = [0x60, 0x0a, 0xbc, 0xde]
      let extra = extensions.reduce(0) { $0 + $1.bytes.count }
      header += bytes(UInt16(truncatingIfNeeded: extra + length)) + [extensions.first?.number ?? number, 64]
      header += source + destination
      for index in extensions.indices {
        let next = index + 1 < extensions.count ? extensions[index + 1].number : number
        header += [next] + extensions[index].bytes.dropFirst()
      }
      return header
    }
    var header: [UInt8] = [0x45 + UInt8(options.count / 4), 0x20]
    header += bytes(UInt16(truncatingIfNeeded: 20 + options.count + length)) + bytes(identification)
    header += [0x40, 0, 63, number]
    let end = source + destination + options
    return header + bytes(referenceChecksum(header + [0, 0] + end)) + end
  }

  /// Bytes before the TCP or UDP header.
  var transportOffset: Int { ethernet.count + network(length: 0).count }
  /// Bytes before the payload.
  var headerLength: Int { transportOffset + transport(checksum: 0).count }

  /// The frame with everything in place.
  var frame: [UInt8] { frame(checksum: checksum) }

  /// The frame as a guest with checksum offload gives it away.
  var partialFrame: [UInt8] { frame(checksum: ~referenceChecksum(pseudoHeader)) }

  private func frame(checksum: UInt16) -> [UInt8] {
    let rest = transport(checksum: checksum) + payload
    return ethernet + network(length: rest.count) + rest
  }

  /// What the packet stands for when it is cut into payloads of `size` bytes.
  func segments(of size: Int) -> [[UInt8]] {
    var segments: [[UInt8]] = []
    var position = 0
    repeat {
      var segment = self
      let end = min(position + size, payload.count)
      segment.payload = Array(payload[position..<end])
      segment.identification = identification &+ UInt16(segments.count)
      segment.sequence = sequence &+ UInt32(position)
      if end < payload.count { segment.flags &= ~0x09 }
      if position > 0 { segment.flags &= ~0x80 }
      segments.append(segment.frame)
      position = end
    } while position < payload.count
    return segments
  }
}
