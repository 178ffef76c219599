import FoundationEssentials

extension Output {
  /// `value` as JSON for people and programs: indented, fields in the order of the alphabet, ended by a newline.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try String(decoding: encoder.encode(value), as: UTF8.self) + "\n"
  }
}
