/// An IPv4 or IPv6 address as two words in host byte order; IPv4 as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
package struct InternetAddress: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  package init(ipv4 address: UInt32) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(address)) }

  /// - Parameter bytes: the address in network order; nil if they are neither 4 nor 16.
  package init?(_ bytes: [UInt8]) {
    switch bytes.count {
    case 4: self.init(ipv4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      self.init(
        high: bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }, low: bytes[8...].reduce(0) { $0 << 8 | UInt64($1) })
    default: return nil
    }
  }
}
