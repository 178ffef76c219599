import Yams

/// Repeated keys made different, one character each, so that a parser that refuses repeats reads on.
///
/// The first character of a key is replaced by one of the private use plane 15, which keeps every column where it is.
struct KeyMasks {
  private var originals: [Unicode.Scalar: Unicode.Scalar] = [:]

  /// Masks the key `name` that stands at `mark`.
  /// - Returns: the new text; nil when `name` does not stand there as it is: it has escapes, an anchor or a tag.
  mutating func mask(_ name: String, _ mark: Mark, in text: String) -> String? {
    guard var index = text.index(of: mark), let mask = Unicode.Scalar(0xF0000 + originals.count) else { return nil }
    if index < text.endIndex, name.first != text[index], "\"'".contains(text[index]) {
      index = text.unicodeScalars.index(after: index)
    }
    guard let first = name.unicodeScalars.first, text[index...].hasPrefix(name) else { return nil }
    originals[mask] = first
    var masked = text
    masked.unicodeScalars.replaceSubrange(index...index, with: [mask])
    return masked
  }

  /// The key as it was written.
  func unmasked(_ key: String) -> String {
    guard let mask = key.unicodeScalars.first, let first = originals[mask] else { return key }
    return String(String.UnicodeScalarView([first] + key.unicodeScalars.dropFirst()))
  }
}

extension String {
  /// The place of a mark of libyaml, which counts lines ended by CR, LF or both, and columns of scalars.
  func index(of mark: Mark) -> Index? {
    let scalars = unicodeScalars
    var index = scalars.startIndex
    for _ in 1..<max(1, mark.line) {
      guard let end = scalars[index...].firstIndex(where: { $0 == "\n" || $0 == "\r" }) else { return nil }
      index = scalars.index(after: end)
      if scalars[end] == "\r", index < scalars.endIndex, scalars[index] == "\n" { index = scalars.index(after: index) }
    }
    return scalars.index(index, offsetBy: mark.column - 1, limitedBy: scalars.endIndex)
  }
}
