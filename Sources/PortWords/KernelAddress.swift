/// An `ip=` word of a kernel's command line, as far as it says which address a NIC gets
/// (`Documentation/admin-guide/nfs/nfsroot.rst` of Linux):
/// `ip=<client>:<server>:<gateway>:<netmask>:<host name>:<device>:<autoconf>:…`, or only the client's address.
struct KernelAddress: Hashable, Sendable {
  /// What stands between colons, after `ip=`.
  private var parts: [String]

  /// nil: another word.
  init?(_ word: String) {
    guard word.hasPrefix("ip=") else { return nil }
    parts = word.dropFirst(3).split(separator: ":", omittingEmptySubsequences: false).map(String.init)
  }

  /// nil: none is named, it comes by DHCP or the like, or it is of IPv6.
  var address: IPv4Address? { IPv4Address(parts[0]).flatMap { $0.isUnicast ? $0 : nil } }

  /// nil: the first there is.
  var device: String? { parts.count > 5 && !parts[5].isEmpty ? parts[5] : nil }

  /// The word with another device.
  func word(for device: String) -> String {
    var parts = parts
    if parts.count > 5 { parts[5] = device }
    return "ip=" + parts.joined(separator: ":")
  }
}
