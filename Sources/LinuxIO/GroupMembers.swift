/// Who has joined a multicast group in this network namespace, by whichever program.
package enum GroupMembers {
  /// The names of the interfaces on which a group has been joined; none when the kernel does not say.
  package static func interfaces(of group: IPAddress) -> [String] {
    // That of the thread: a process may have threads in several namespaces.
    let file = "/proc/thread-self/net/" + (group.length == 4 ? "igmp" : "igmp6")
    let table = TextFile.read(file) ?? ""
    return group.length == 4 ? interfaces(of: group, in: table) : interfaces(of: group, in6: table)
  }

  /// Reads `/proc/net/igmp6` (Linux, `net/ipv6/mcast.c`): a line for each group of an interface, of the interface's index
  /// and name and the address, 32 digits.
  static func interfaces(of group: IPAddress, in6 table: String) -> [String] {
    let wanted = group.octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return table.split(separator: "\n").compactMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      return words.count > 2 && words[2].lowercased() == wanted ? String(words[1]) : nil
    }
  }

  /// Reads `/proc/net/igmp` (Linux, `net/ipv4/igmp.c`): a line for each interface, "2<tab>eth0      :     1      V3",
  /// then one for each of its groups, whose first word is the address, a number in the host's byte order.
  static func interfaces(of group: IPAddress, in table: String) -> [String] {
    let octets = group.octets
    guard octets.count == 4 else { return [] }
    let wanted = unsafe octets.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt32.self) }
    var names: [String] = []
    var interface: Substring?
    for line in table.split(separator: "\n").dropFirst() {
      let words = line.split(whereSeparator: \.isWhitespace)
      if line.first?.isNumber == true {
        interface = words.count < 2 ? nil : words[1].split(separator: ":").first
      } else if let interface, let first = words.first, UInt32(first, radix: 16) == wanted {
        names.append(String(interface))
      }
    }
    return names
  }
}
