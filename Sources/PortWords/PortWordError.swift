package import Ethernet

/// What can be wrong with a field of a word.
package enum PortWordFault: Error, Hashable, Sendable {
  /// No transport of the HOWTO's; the nearest there is.
  case transport(nearest: String?)
  /// `ethN=` stands before it.
  case kernelPrefix
  /// Not six hexadecimal numbers with colons.
  case mac
  /// The first byte is odd: a group address (IEEE 802-2014, 8.2.2). The nearest that is none.
  case groupMAC(nearest: MACAddress)
  /// 00:00:00:00:00:00.
  case zeroMAC
  /// Not an IPv4 address.
  case address
  /// An IPv4 address that names no group.
  case group(otherwise: String)
  /// Not an IPv4 address that a host can have.
  case hostAddress
  /// A number that is none, or out of its limits.
  case number(ClosedRange<Int>, otherwise: String)
  case longDevice
  case device
  /// An IPv4 address where the device belongs: commas are missing before it.
  case addressAsDevice
  case socketType
  case socketPath
  /// A field more than the word has; how many it has.
  case trailing(fields: Int)
}

/// A word that is refused: which field, where it stands, and what is allowed there.
package struct PortWordError: Error, Hashable, Sendable {
  /// From 1, which is the transport.
  package let field: Int
  /// As the HOWTO calls it.
  package let name: String
  /// What stands there.
  package let text: String
  /// From 1, in Unicode scalars of the word, the end excluded; empty for an empty field.
  package let columns: Range<Int>
  package let fault: PortWordFault
}

extension PortWordError: CustomStringConvertible {
  /// `field 3 (multicast address) is 10.0.0.1; allowed is …`, without the place.
  package var description: String {
    let what = text.isEmpty ? "empty" : text
    return "field \(field) (\(name)) is \(what); \(fault.allowed)"
  }

  /// `description` as a sentence, and the word with the field underlined below it.
  /// - Parameter word: as in `marked`.
  package func sentence(about word: String) -> String {
    let text = description
    return "\(text)\(text.hasSuffix("?") ? "" : ".")\n\(marked(in: word))"
  }

  /// The word with the field underlined, two lines without a newline at the end.
  /// - Parameter word: the whole word that was read, on one line.
  package func marked(in word: String) -> String {
    let indentation = String(repeating: " ", count: columns.lowerBound - 1)
    return "  \(word)\n  \(indentation)" + String(repeating: "^", count: max(1, columns.count))
  }
}

extension PortWordFault {
  /// What is allowed, to be read after what is there.
  var allowed: String {
    switch self {
    case .transport(let nearest):
      nearest.map { "did you mean \($0)?" } ?? "allowed is mcast, tuntap, ethertap or daemon"
    case .kernelPrefix: "write the word alone, without ethN="
    case .mac: "allowed is six hexadecimal numbers with colons, such as fe:fd:00:00:00:01"
    case .groupMAC(let nearest):
      "an odd first byte makes it a group address; allowed is an even one, such as \(nearest)"
    case .zeroMAC: "allowed is an address that is not all zeros, such as fe:fd:00:00:00:01"
    case .address: "allowed is an IPv4 address, four numbers of 0 to 255 with dots"
    case .group(let otherwise):
      "allowed is a multicast address, 224.0.0.0 to 239.255.255.255; empty: \(otherwise)"
    case .hostAddress: "allowed is an IPv4 address of a host, alone or with its network: 192.168.0.254/24"
    case .number(let limits, let otherwise):
      "allowed is \(limits.lowerBound) to \(limits.upperBound); empty: \(otherwise)"
    case .longDevice: "allowed are at most 15 bytes: Linux would cut the name"
    case .addressAsDevice: "write an address as field 4, such as tuntap,,,192.168.0.254"
    case .device: "allowed is an interface's name, without spaces, / and :"
    case .socketType: "allowed is unix, or nothing"
    case .socketPath: "allowed is an absolute path of at most 107 bytes"
    case .trailing(let fields): "the word has \(fields) fields; take away what follows"
    }
  }
}
