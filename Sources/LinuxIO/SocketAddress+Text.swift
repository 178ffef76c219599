extension SocketAddress {
  /// The address that `text` says as `description` writes it: `10.0.0.1:5555`, `[::1]:5555`. Numbers only, without a
  /// scope; nil when it says none.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = UInt16(digits)
    else { return nil }
    let host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    guard let address = IPAddress(isBracketed ? String(host.dropFirst().dropLast()) : String(host)),
      isBracketed == (address.length == 16)
    else { return nil }
    self.init(address, port: port)
  }
}
