package import Ethernet
package import LinuxIO

/// Which frames are recorded: those of which all that is given holds. What is nil is any.
package struct CaptureFilter: Equatable, Sendable {
  /// Source or destination.
  package var mac: MACAddress?
  /// Behind VLAN tags.
  package var etherType: UInt16?
  /// Of the outermost tag; 0: there is none.
  package var vlan: UInt16?
  /// Source or destination of IPv4 or IPv6, or of what ARP asks and answers.
  package var host: IPAddress?

  package init() {}

  package var isEmpty: Bool { self == CaptureFilter() }

  /// Whether a frame is one of them. What lies behind the bytes that are given does not match.
  package func matches(_ frame: UnsafeRawBufferPointer) -> Bool {
    guard let start = frame.baseAddress, let header = unsafe FrameHeader(start, length: frame.count) else {
      return isEmpty
    }
    if let mac, header.source != mac, header.destination != mac { return false }
    if let vlan, header.vlan != vlan { return false }
    if etherType == nil && host == nil { return true }
    var type = unsafe EtherType(rawValue: start.bigEndian(UInt16.self, at: 12))
    var offset = FrameHeader.length
    while type.isTag {
      guard frame.count >= offset + FrameHeader.tagLength else { return false }
      type = unsafe EtherType(rawValue: start.bigEndian(UInt16.self, at: offset + 2))
      offset += FrameHeader.tagLength
    }
    if let etherType, type.rawValue != etherType { return false }
    guard let host else { return true }
    return unsafe names(host, type, UnsafeRawBufferPointer(rebasing: frame[offset...]))
  }

  /// The same of bytes that were kept of a frame.
  package func matches(_ frame: [UInt8]) -> Bool { unsafe frame.withUnsafeBytes { unsafe matches($0) } }

  /// Whether a packet comes from the host or goes there: RFC 791, RFC 8200, RFC 826.
  private func names(_ host: IPAddress, _ type: EtherType, _ packet: UnsafeRawBufferPointer) -> Bool {
    let (first, second, length) =
      switch type.rawValue {
      case EtherType.ipv4.rawValue: (12, 16, 4)
      case EtherType.ipv6.rawValue: (8, 24, 16)
      case 0x0806: (14, 24, 4)
      default: (0, 0, 0)
      }
    guard length == host.length, packet.count >= second + length else { return false }
    return unsafe withUnsafeBytes(of: host.bytes) { address in
      let address = unsafe address[..<length]
      return unsafe packet[first..<first + length].elementsEqual(address)
        || packet[second..<second + length].elementsEqual(address)
    }
  }
}
