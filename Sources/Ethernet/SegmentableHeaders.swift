/// Where the headers of a TCP or UDP frame lie, in bytes from the frame's start.
struct SegmentableHeaders {
  let isIPv4: Bool
  let isTCP: Bool
  /// Start of the IP header.
  let network: Int
  /// Start of the TCP or UDP header.
  let transport: Int
  /// Start of the payload.
  let payload: Int

  static let ipv4Length = 20
  static let ipv6Length = 40
  static let tcpLength = 20
  static let udpLength = 8
  static let tcpProtocol: UInt8 = 6
  static let udpProtocol: UInt8 = 17

  /// Whether a header of that number may stand between IPv6 and TCP or UDP: hop-by-hop and destination options.
  static func isSkipped(_ number: UInt8) -> Bool { number == 0 || number == 60 }

  /// Where the checksum lies, in bytes from ``transport``.
  var checksumOffset: Int { isTCP ? 16 : 6 }
}
