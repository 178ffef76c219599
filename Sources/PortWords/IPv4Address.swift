/// An IPv4 address (RFC 791).
package struct IPv4Address: Hashable, Sendable {
  /// The 32 bits; the first octet on the wire is the most significant.
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Reads four decimal numbers of 0 to 255 joined by dots; nil for any other text, leading zeros included, which some
  /// programs read as octal.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let octet = wholeNumber(part), octet <= 255, part == "0" || part.first != "0" else { return nil }
      value = value << 8 | UInt32(octet)
    }
    rawValue = value
  }

  /// Whether it names a group: 224.0.0.0/4 (RFC 5771).
  package var isMulticast: Bool { rawValue >> 28 == 0xe }

  /// Whether one station can have it: not 0.0.0.0/8 (RFC 6890), no group, not 240.0.0.0/4.
  package var isUnicast: Bool { rawValue >> 24 != 0 && rawValue < 0xe000_0000 }
}

extension IPv4Address: CustomStringConvertible {
  package var description: String {
    "\(rawValue >> 24).\(rawValue >> 16 & 0xff).\(rawValue >> 8 & 0xff).\(rawValue & 0xff)"
  }
}

/// A host's IPv4 address, and how long the prefix of its network is, `192.168.0.254/24`.
package struct IPv4HostAddress: Hashable, Sendable {
  package let address: IPv4Address
  /// In bits, 1 to 32; nil: the address stands alone.
  package let prefixLength: Int?

  /// Reads an address alone or with `/` and a length; nil for any other text.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = parts.first.flatMap({ IPv4Address($0) }) else { return nil }
    self.address = address
    guard parts.count == 2 else {
      prefixLength = nil
      return
    }
    guard let length = wholeNumber(parts[1]), 1...32 ~= length else { return nil }
    prefixLength = length
  }
}

extension IPv4HostAddress: CustomStringConvertible {
  package var description: String { prefixLength.map { "\(address)/\($0)" } ?? "\(address)" }
}

/// A decimal number of digits alone; nil for any other text, and what is beyond nine digits.
func wholeNumber(_ text: some StringProtocol) -> Int? {
  guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
    return nil
  }
  return Int(text)
}
