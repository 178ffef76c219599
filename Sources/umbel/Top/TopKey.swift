/// What is pressed.
package enum TopKey: Equatable {
  case character(Character)
  case up, down, pageUp, pageDown, enter, escape

  /// The keys that bytes of a terminal stand for, by ECMA-48 and xterm; what is none of these is left out.
  package static func all(in bytes: [UInt8]) -> [TopKey] {
    var keys: [TopKey] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0x1b: if let key = sequence(&rest) { keys.append(key) }
      case 0x0a, 0x0d: keys.append(.enter)
      case 0x08, 0x7f: keys.append(.escape)
      case 0x20...0x7e: keys.append(.character(Character(UnicodeScalar(byte))))
      default: break
      }
    }
    return keys
  }

  /// What follows an ESC: `[` or `O`, parameters, and a byte that ends it; nothing: the key of that name.
  private static func sequence(_ rest: inout ArraySlice<UInt8>) -> TopKey? {
    guard let first = rest.first, first == UInt8(ascii: "[") || first == UInt8(ascii: "O") else { return .escape }
    rest.removeFirst()
    var parameters: [UInt8] = []
    while let byte = rest.popFirst() {
      guard byte >= 0x40 else {
        parameters.append(byte)
        continue
      }
      switch byte {
      case UInt8(ascii: "A"): return .up
      case UInt8(ascii: "B"): return .down
      case UInt8(ascii: "M"): return .enter
      case UInt8(ascii: "~") where parameters == [UInt8(ascii: "5")]: return .pageUp
      case UInt8(ascii: "~") where parameters == [UInt8(ascii: "6")]: return .pageDown
      default: return nil
      }
    }
    return nil
  }
}
