/// The name of a field of a journal record, by which `journalctl NAME=value` finds it.
package struct JournalField: Hashable, Sendable {
  /// Upper case; umbeld's own begin with `UMBEL_`.
  package let name: String

  /// - Returns: nil for names that journald drops without a word (systemd.journal-fields(7)): longer than 64 bytes, with
  ///   anything but A-Z, 0-9 and `_`, or beginning with a digit or `_`.
  package init?(_ name: String) {
    guard (1...64).contains(name.utf8.count), let first = name.utf8.first, Self.isLetter(first),
      name.utf8.allSatisfy({ Self.isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.name = name
  }

  private init(constant name: String) {
    // A wrong constant is a fault of the line that holds it.
    precondition(JournalField(name) != nil, "journald would drop \(name)")
    self.name = name
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

  /// umbeld's own, and ERRNO.
  package static let all = [lan, port, transport, door, peer, station, thread, file, errno]

  package static let lan = JournalField(constant: "UMBEL_LAN")
  package static let port = JournalField(constant: "UMBEL_PORT")
  package static let transport = JournalField(constant: "UMBEL_TRANSPORT")
  package static let door = JournalField(constant: "UMBEL_DOOR")
  /// Who is at the other end: an address, a host, or a guest's process.
  package static let peer = JournalField(constant: "UMBEL_PEER")
  /// A station's Ethernet address.
  package static let station = JournalField(constant: "UMBEL_STATION")
  package static let thread = JournalField(constant: "UMBEL_THREAD")
  /// A configuration file or a plugin.
  package static let file = JournalField(constant: "UMBEL_FILE")
  /// The number of `<errno.h>` behind it, as systemd.journal-fields(7) has it.
  package static let errno = JournalField(constant: "ERRNO")

  /// As it stands in a line of text: `UMBEL_LAN` is `lan`.
  var word: String {
    let name = self.name.hasPrefix("UMBEL_") ? String(self.name.dropFirst(6)) : self.name
    return name.lowercased()
  }
}
