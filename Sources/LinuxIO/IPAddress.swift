import CLinux
import Glibc

/// An IPv4 or IPv6 address.
package struct IPAddress: Hashable, Sendable {
  /// `AF_INET` or `AF_INET6`.
  package let family: Int32
  /// The address in network order; IPv4 uses the first four, the rest are zero.
  package let bytes: InlineBytes16

  /// An address from its bytes in network order.
  package init(family: Int32, bytes: InlineBytes16) {
    self.family = family
    self.bytes = bytes
  }

  /// An address from its bytes in network order; nil when their number is not that of the family.
  package init?(family: Int32, octets: [UInt8]) {
    guard octets.count == (family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0) else { return nil }
    var bytes = InlineBytes16()
    unsafe withUnsafeMutableBytes(of: &bytes) { unsafe $0.copyBytes(from: octets) }
    self.init(family: family, bytes: bytes)
  }

  /// The address that `text` says, as `inet_pton` reads it; nil when it says none.
  package init?(_ text: String) {
    var bytes = InlineBytes16()
    for family in [AF_INET, AF_INET6] {
      let result = unsafe withUnsafeMutableBytes(of: &bytes) { unsafe inet_pton(family, text, $0.baseAddress) }
      if result == 1 {
        self.init(family: family, bytes: bytes)
        return
      }
    }
    return nil
  }

  /// How many of `bytes` count: 4 or 16.
  package var length: Int { family == AF_INET ? 4 : 16 }

  /// Whether it names a group: 224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291, section 2.7).
  package var isMulticast: Bool {
    family == AF_INET ? bytes.first & 0xf0 == 0xe0 : bytes.first == 0xff
  }

  /// The bytes that count, in network order.
  package var octets: [UInt8] {
    unsafe withUnsafeBytes(of: bytes) { unsafe Array($0.prefix(length)) }
  }

  /// Whether it is 0.0.0.0 or ::.
  package var isUnspecified: Bool { bytes == InlineBytes16() }
}

extension IPAddress: CustomStringConvertible {
  /// The canonical text.
  package var description: String {
    let bytes = self.bytes
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
      _ = unsafe withUnsafeBytes(of: bytes) { unsafe inet_ntop(family, $0.baseAddress, text.baseAddress, 46) }
      return unsafe String(cString: text.baseAddress!)
    }
  }
}

/// Sixteen bytes that can be compared and hashed, kept as two words in memory order.
package struct InlineBytes16: Hashable, Sendable {
  private var words: SIMD2<UInt64> = .zero

  /// Sixteen zeros.
  package init() {}

  /// The first byte.
  package var first: UInt8 { UInt8(truncatingIfNeeded: words.x.littleEndian) }
}
