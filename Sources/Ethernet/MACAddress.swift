/// A 48-bit MAC address (IEEE 802-2014, clause 8).
@usableFromInline package struct MACAddress: Hashable, Sendable {
  /// The 48 bits; the first octet on the wire is the most significant, the upper 16 bits are 0.
  @usableFromInline package let rawValue: UInt64

  /// The lower 48 bits of `value`; the rest is ignored.
  @inlinable package init(truncating value: UInt64) { rawValue = value & 0xffff_ffff_ffff }

  /// `ff:ff:ff:ff:ff:ff`.
  package static let broadcast = MACAddress(truncating: .max)

  /// `03:55:4d:42:45:4c`, a group of local administration: where agents send what they say to each other.
  @inlinable package static var agents: MACAddress { MACAddress(truncating: 0x0355_4d42_454c) }

  // Written out, because the compiler's own is not inlined into other modules.
  @inlinable package static func == (left: MACAddress, right: MACAddress) -> Bool { left.rawValue == right.rawValue }

  /// Whether more than one station may listen to it: multicast or broadcast.
  @inlinable package var isGroup: Bool { rawValue & 0x0100_0000_0000 != 0 }

  /// Whether it is `ff:ff:ff:ff:ff:ff`.
  @inlinable package var isBroadcast: Bool { rawValue == 0xffff_ffff_ffff }

  /// Whether it is one of 01:80:C2:00:00:00 to 01:80:C2:00:00:0F, which a bridge that takes part in the control
  /// protocols does not forward (IEEE 802.1Q-2018, table 8-1): STP, pause, LACP, LLDP.
  @inlinable package var isControlProtocol: Bool { rawValue & ~0xf == 0x0180_c200_0000 }
}

extension MACAddress: CustomStringConvertible {
  /// Six pairs of lower-case hexadecimal digits: `52:54:00:12:34:56`.
  @usableFromInline package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for shift in stride(from: 40, through: 0, by: -8) {
      if shift < 40 { text.append(UInt8(ascii: ":")) }
      text.append(digits[Int(rawValue >> UInt64(shift + 4)) & 0xf])
      text.append(digits[Int(rawValue >> UInt64(shift)) & 0xf])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads six hexadecimal numbers of one or two digits joined by colons, in either case, as kernels do:
  /// `52:54:00:12:34:56`, and `fe:fd:0:0:0:1` as the HOWTO of User Mode Linux writes it.
  /// - Throws: ``EthernetError/malformedAddress(_:)`` for any other text.
  package init(parsing text: String) throws(EthernetError) {
    var value: UInt64 = 0
    var colons = 0
    var digits = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: ":") {
        guard digits > 0 else { throw .malformedAddress(text) }
        colons += 1
        digits = 0
        value <<= 8
      } else {
        guard let digit = hexadecimalDigit(byte), digits < 2 else { throw .malformedAddress(text) }
        value = value & ~0xff | (value & 0xff) << 4 | digit
        digits += 1
      }
      guard colons <= 5 else { throw .malformedAddress(text) }
    }
    guard colons == 5, digits > 0 else { throw .malformedAddress(text) }
    self.init(truncating: value)
  }
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt64? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
  default: nil
  }
}
