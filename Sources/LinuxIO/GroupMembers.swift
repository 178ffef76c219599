/// Who has joined a multicast group in this network namespace, by whichever program.
package enum GroupMembers {
  /// The names of the interfaces on which an IPv4 group has been joined; none when the kernel does not say.
  package static func interfaces(of group: IPAddress) -> [String] {
    // That of the thread: a process may have threads in several namespaces.
    interfaces(of: group, in: TextFile.read("/proc/thread-self/net/igmp") ?? "")
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
