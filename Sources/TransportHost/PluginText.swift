/// Text that a plugin wrote for people, made fit for a terminal and a journal.
package enum PluginText {
  /// The most bytes of a text that are shown.
  package static let capacity = 239

  /// The text in the bytes before the first 0: at most ``capacity`` of them, what is no UTF-8 replaced, control
  /// characters (line breaks, escape sequences) as spaces.
  package static func printable(_ bytes: some Sequence<UInt8>) -> String {
    let shown = bytes.prefix { $0 != 0 }.prefix(capacity).map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }
    return String(decoding: shown, as: UTF8.self)
  }
}
