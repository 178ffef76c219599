package import Ethernet

/// An `ethN=` word of User Mode Linux that is one of the HOWTO's.
package struct KernelNIC: Hashable, Sendable {
  /// Index in the command.
  package let index: Int
  /// The N.
  package let unit: Int
  /// The whole word.
  package let text: String
  /// What follows `ethN=`.
  package let word: PortWord

  /// Transports of User Mode Linux (up to Linux 6.15) that reach no LAN of an agent: their words are left alone.
  private static let others = ["ucast", "slip", "slirp", "pcap", "vde"]

  /// Reads a word of a command.
  /// - Returns: nil for what is no `ethN=`, or of a transport that is left alone.
  init?(_ text: String, at index: Int) throws(KernelCommandError) {
    guard let unit = Self.unit(of: text) else { return nil }
    let value = text.drop { $0 != "=" }.dropFirst()
    if let transport = value.split(separator: ",").first, Self.others.contains(String(transport)) { return nil }
    do throws(PortWordError) {
      word = try PortWord(parsing: String(value), after: text.unicodeScalars.count - value.unicodeScalars.count)
    } catch {
      throw .field(word: text, error)
    }
    self.index = index
    self.unit = unit
    self.text = text
  }

  /// The N of `ethN=`; nil for other words.
  static func unit(of text: String) -> Int? {
    guard text.hasPrefix("eth"), let end = text.firstIndex(of: "=") else { return nil }
    return wholeNumber(text[text.index(text.startIndex, offsetBy: 3)..<end])
  }

  /// What the NIC is called where the word is a kernel's own.
  package var name: String { "eth\(unit)" }
  /// What it is called behind a vector transport.
  package var vectorName: String { "vec\(unit)" }

  /// The word that gives the guest this NIC on a socket that it inherits.
  /// - Returns: what stands before and after the descriptor's number. `depth` is the kernel's default, the messages that
  ///   a system call moves at most (`arch/um/drivers/vector_kern.h`).
  package func vectorWord(mac: MACAddress?) -> (head: String, tail: String) {
    ("\(vectorName):transport=fd,fd=", (mac.map { ",mac=\($0)" } ?? "") + ",depth=64")
  }
}
