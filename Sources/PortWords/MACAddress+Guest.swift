package import Ethernet

extension MACAddress {
  /// The address that User Mode Linux gives a NIC for which none is named: `fe:fd` and the four octets of the IP address
  /// that the *guest's* device has (HOWTO, "Specifying ethernet addresses").
  package init(guestAddress address: IPv4Address) {
    self.init(truncating: 0xfefd_0000_0000 | UInt64(address.rawValue))
  }

  /// Reads six hexadecimal numbers of one or two digits joined by colons, as kernels do: the HOWTO itself writes
  /// `fe:fd:0:0:0:1`. nil for any other text.
  init?(word text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 6 else { return nil }
    var value: UInt64 = 0
    for part in parts {
      guard (1...2).contains(part.utf8.count), part.first != "+", part.first != "-", let octet = UInt8(part, radix: 16)
      else { return nil }
      value = value << 8 | UInt64(octet)
    }
    self.init(truncating: value)
  }
}
