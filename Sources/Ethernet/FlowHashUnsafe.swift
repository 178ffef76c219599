/// A number that is the same for all frames of a flow and differs between flows: of addresses, protocol and ports of IP
/// behind at most two VLAN tags, else of the MAC addresses and the type (RFC 7348, section 5, wants it for the outer
/// source port). Fragments are a flow by addresses and protocol alone, so that all parts of a packet go the same way.
package enum FlowHash {
  /// - Parameters:
  ///   - frame: the frame's first bytes.
  ///   - length: how many, 14 or more; with fewer than 78 the ports may be out of sight.
  package static func of(_ frame: UnsafeRawPointer, length: Int) -> UInt32 {
    if let (type, network) = unsafe networkHeader(frame, length: length) {
      if type == .ipv4, let hash = unsafe ipv4(frame, at: network, length: length) { return hash }
      if type == .ipv6, let hash = unsafe ipv6(frame, at: network, length: length) { return hash }
    }
    // Destination and source lie in the first twelve bytes, the type behind them.
    let first = unsafe frame.bigEndian(UInt64.self, at: 0)
    let second = unsafe frame.bigEndian(UInt64.self, at: 6)
    return mix(first, second)
  }

  private static func ipv4(_ frame: UnsafeRawPointer, at start: Int, length: Int) -> UInt32? {
    guard start + SegmentableHeaders.ipv4Length <= length else { return nil }
    let addresses = unsafe frame.bigEndian(UInt64.self, at: start + 12)
    let number = unsafe frame.load(fromByteOffset: start + 9, as: UInt8.self)
    let headerLength = unsafe Int(frame.load(fromByteOffset: start, as: UInt8.self) & 0xf) * 4
    let isFragment = unsafe frame.bigEndian(UInt16.self, at: start + 6) & 0x3fff != 0
    let ports = isFragment ? 0 : unsafe self.ports(frame, at: start + headerLength, length: length, number)
    return mix(addresses, UInt64(number) << 32 | UInt64(ports))
  }

  private static func ipv6(_ frame: UnsafeRawPointer, at start: Int, length: Int) -> UInt32? {
    guard start + SegmentableHeaders.ipv6Length <= length else { return nil }
    let source = unsafe frame.bigEndian(UInt64.self, at: start + 8) ^ frame.bigEndian(UInt64.self, at: start + 24)
    let target = unsafe frame.bigEndian(UInt64.self, at: start + 16) &+ frame.bigEndian(UInt64.self, at: start + 32)
    let number = unsafe frame.load(fromByteOffset: start + 6, as: UInt8.self)
    let ports = unsafe self.ports(frame, at: start + SegmentableHeaders.ipv6Length, length: length, number)
    return mix(source &+ (target &* 0x9e37_79b9_7f4a_7c15), UInt64(number) << 32 | UInt64(ports))
  }

  private static func ports(_ frame: UnsafeRawPointer, at start: Int, length: Int, _ number: UInt8) -> UInt32 {
    guard number == SegmentableHeaders.tcpProtocol || number == SegmentableHeaders.udpProtocol, start + 4 <= length
    else { return 0 }
    return unsafe frame.bigEndian(UInt32.self, at: start)
  }

  private static func mix(_ first: UInt64, _ second: UInt64) -> UInt32 {
    let one = (first ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    let two = (one.high ^ one.low ^ second).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    return UInt32(truncatingIfNeeded: (two.high ^ two.low) >> 16)
  }
}
