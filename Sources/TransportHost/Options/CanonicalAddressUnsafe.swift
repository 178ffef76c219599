import Glibc

/// An IPv4 or IPv6 address in the one form that equal addresses share (`inet_ntop`; RFC 5952 for IPv6).
/// - Returns: nil when `text` is no address.
package func canonicalAddress(_ text: String) -> String? {
  canonical(text, AF_INET, capacity: Int(INET_ADDRSTRLEN)) ?? canonical(text, AF_INET6, capacity: Int(INET6_ADDRSTRLEN))
}

private func canonical(_ text: String, _ family: Int32, capacity: Int) -> String? {
  // 16 bytes hold either family's address.
  var bytes = in6_addr()
  guard unsafe inet_pton(family, text, &bytes) == 1 else { return nil }
  return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
    guard let start = buffer.baseAddress,
      unsafe inet_ntop(family, &bytes, start, socklen_t(capacity)) != nil
    else { return nil }
    return unsafe String(cString: start)
  }
}
