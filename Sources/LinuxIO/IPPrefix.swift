import Glibc

/// An address with the length of its network's prefix, "192.168.0.254/24".
package struct IPPrefix: Hashable, Sendable, CustomStringConvertible {
  package let address: IPAddress
  /// In bits: 0–32 or 0–128.
  package let length: Int

  package init(_ address: IPAddress, length: Int) {
    self.address = address
    self.length = length
  }

  /// Reads ADDRESS/LENGTH, or an address alone, which is a network of one.
  /// - Returns: nil for any other text.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(String(first)), parts.count <= 2 else { return nil }
    self.address = address
    guard parts.count == 2 else {
      length = address.length * 8
      return
    }
    guard let length = UInt8(parts[1]), Int(length) <= address.length * 8, parts[1].first != "+" else { return nil }
    self.length = Int(length)
  }

  package var description: String { "\(address)/\(length)" }

  /// Whether an address is of this network.
  package func contains(_ other: IPAddress) -> Bool {
    guard other.family == address.family else { return false }
    let (own, others) = (address.octets, other.octets)
    return own.indices.allSatisfy { index in
      let bits = min(8, max(0, length - 8 * index))
      let mask = UInt8(truncatingIfNeeded: 0xff << (8 - bits))
      return own[index] & mask == others[index] & mask
    }
  }

  /// The broadcast address, in network order; nil where a network has none: IPv6, and IPv4 of one or two (RFC 3021).
  var broadcast: [UInt8]? {
    guard address.family == AF_INET, length < 31 else { return nil }
    let hostBits = UInt32.max >> UInt32(length)
    let value = address.octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } | hostBits
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
