/// Names that become components of paths: `[A-Za-z0-9][A-Za-z0-9._-]{0,31}`.
package enum ConfigurationName {
  /// Why `name` cannot be a port's, to be read after it; nil: it can.
  package static func problem(ofPort name: String) -> String? {
    if name.utf8.allSatisfy(isAllowed), (1...32).contains(name.utf8.count), let first = name.first,
      !"._-".contains(first)
    {
      return nil
    }
    return "is not a name; allowed are 1 to 32 of A-Z a-z 0-9 . _ -, the first a letter or digit"
  }

  /// Why `name` cannot be a LAN's. A LAN's directory stands beside the agent's own `umbel.sock` and `notify`.
  package static func problem(ofLan name: String) -> String? {
    if name == "notify" { return "is kept for the agent's own socket" }
    guard name.hasPrefix("umbel.") else { return problem(ofPort: name) }
    return "is kept for the agent's own files, as all that begins with umbel and a full stop"
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
