extension MACAddress {
  /// `fe:fd:nn:nn:nn:nn`, the address that User Mode Linux gives a device with that IPv4 address when none is named.
  /// - Parameter address: the first octet is the most significant.
  package init(derivedFromIPv4 address: UInt32) { self.init(truncating: 0xfefd_0000_0000 | UInt64(address)) }

  /// The six octets in the order of the wire.
  package var octets: [UInt8] {
    stride(from: 40, through: 0, by: -8).map { UInt8(truncatingIfNeeded: rawValue >> UInt64($0)) }
  }
}
