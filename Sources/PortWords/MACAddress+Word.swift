import Ethernet

extension MACAddress {
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
