/// A flow of TCP or UDP, and the frames that its sender makes.
struct SegmentFlow {
  var isIPv4 = true
  var isTCP = true
  /// Tells flows apart: the last byte of the addresses.
  var number: UInt8 = 1
  var tags: [UInt16] = []
  var trafficClass: UInt8 = 0
  var hopLimit: UInt8 = 64
  var identification: UInt16 = 7
  /// What it is more in each frame than in the one before.
  var identificationStep: UInt16 = 1
  var dontFragment: UInt16 = 0x4000
  var sequence: UInt32 = 1_000
  var acknowledgement: UInt32 = 5
  var window: UInt16 = 500
  var flags: UInt8 = 0x10
  var reserved: UInt8 = 0
  /// IPv4 options, or an extension header of IPv6 that is followed by the flow's protocol; a multiple of 8 bytes.
  var networkOptions: [UInt8] = []
  /// A multiple of 4 bytes.
  var options: [UInt8] = []
  /// What is added to the right checksums.
  var networkError: UInt16 = 0
  var transportError: UInt16 = 0
  var padding = 0

  /// The next frame with that payload. The flow goes on behind it.
  mutating func next(_ payload: [UInt8]) -> [UInt8] {
    let frame = frame(payload)
    sequence &+= UInt32(payload.count)
    identification &+= identificationStep
    return frame
  }

  func frame(_ payload: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
    for tag in tags { frame += [0x81, 0] + bytes(tag) }
    frame += isIPv4 ? [8, 0] : [0x86, 0xdd]
    var segment = transport(payload)
    let place = isTCP ? 16 : 6
    var checksum = ~SegmentFlow.sum(pseudoHeader(segment.count) + segment)
    if !isTCP, checksum == 0 { checksum = 0xffff }
    segment[place...place + 1] = bytes(checksum &+ transportError)[...]
    frame += network(segment.count) + segment
    return frame + [UInt8](repeating: 0, count: padding)
  }

  private var protocolNumber: UInt8 { isTCP ? 6 : 17 }
  private var source: [UInt8] { isIPv4 ? [10, 0, 0, number] : [0xfd] + [UInt8](repeating: 0, count: 14) + [number] }
  private var destination: [UInt8] { isIPv4 ? [10, 0, 1, 1] : [0xfd] + [UInt8](repeating: 1, count: 15) }

  private func pseudoHeader(_ length: Int) -> [UInt8] {
    source + destination + [0, protocolNumber] + bytes(UInt16(length))
  }

  private func transport(_ payload: [UInt8]) -> [UInt8] {
    let ports = bytes(4711 as UInt16) + bytes(80 as UInt16)
    guard isTCP else { return ports + bytes(UInt16(8 + payload.count)) + [0, 0] + payload }
    let length = UInt8(5 + options.count / 4) << 4
    return ports + bytes(UInt16(sequence >> 16)) + bytes(UInt16(sequence & 0xffff))
      + bytes(UInt16(acknowledgement >> 16)) + bytes(UInt16(acknowledgement & 0xffff))
      + [length | reserved, flags] + bytes(window) + [0, 0, 0, 0] + options + payload
  }

  private func network(_ length: Int) -> [UInt8] {
    guard isIPv4 else {
      let next = networkOptions.isEmpty ? protocolNumber : 60
      let extensions = networkOptions.isEmpty ? [] : [protocolNumber, UInt8(networkOptions.count / 8 - 1)]
      return [0x60 | trafficClass >> 4, trafficClass << 4, 0, 9] + bytes(UInt16(networkOptions.count + length))
        + [next, hopLimit] + source + destination + extensions + networkOptions.dropFirst(2)
    }
    var header: [UInt8] = [0x45 + UInt8(networkOptions.count / 4), trafficClass]
    header += bytes(UInt16(20 + networkOptions.count + length)) + bytes(identification) + bytes(dontFragment)
    header += [hopLimit, protocolNumber, 0, 0] + source + destination + networkOptions
    header[10...11] = bytes(~SegmentFlow.sum(header) &+ networkError)[...]
    return header
  }

  /// RFC 1071, word by word.
  static func sum(_ bytes: [UInt8]) -> UInt16 {
    var sum = 0
    for (index, byte) in bytes.enumerated() { sum += Int(byte) << (index & 1 == 0 ? 8 : 0) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return UInt16(sum)
  }
}

private func bytes(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

/// The flow of a frame of ``SegmentFlow``: its number, and how many tags it has.
func flowKey(_ frame: [UInt8]) -> Int {
  var type = 12
  while frame[type] == 0x81 { type += 4 }
  let network = type + 2
  return type << 8 | Int(frame[type] == 8 ? frame[network + 15] : frame[network + 23])
}

/// The frame of a ``SegmentFlow`` with 0 where it may have any value: the identification of a packet that is never
/// fragmented (RFC 6864, section 4.1). One whose checksum is wrong stays as it is.
func withoutFreeBits(_ frame: [UInt8]) -> [UInt8] {
  var type = 12
  while frame[type] == 0x81 { type += 4 }
  let network = type + 2
  let header = network..<network + 4 * Int(frame[network] & 0xf)
  guard frame[type] == 8, frame[network + 6] & 0x40 != 0, SegmentFlow.sum(Array(frame[header])) == 0xffff else {
    return frame
  }
  var frame = frame
  frame.replaceSubrange(network + 4..<network + 6, with: [0, 0])
  frame.replaceSubrange(network + 10..<network + 12, with: [0, 0])
  frame.replaceSubrange(network + 10..<network + 12, with: bytes(~SegmentFlow.sum(Array(frame[header]))))
  return frame
}
