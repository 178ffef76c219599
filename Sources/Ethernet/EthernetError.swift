/// What this module throws.
package enum EthernetError: Error, Equatable {
  /// The text is not a MAC address.
  case malformedAddress(String)
}

extension EthernetError: CustomStringConvertible {
  /// One sentence for the person who wrote the text.
  package var description: String {
    switch self {
    case .malformedAddress(let text):
      "'\(text)' is not a MAC address; write six pairs of hexadecimal digits, such as 52:54:00:12:34:56"
    }
  }
}
