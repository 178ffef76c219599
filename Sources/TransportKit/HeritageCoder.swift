import Glibc

/// Writes ``Heritage/state`` and reads it back: a version, then byte strings, each behind its length, a u32 in network
/// order.
public enum HeritageCoder {
  /// - Parameters:
  ///   - version: the transport's own; another one is for what cannot be read as before.
  ///   - fields: each as the transport likes.
  public static func encode(version: UInt8, _ fields: [[UInt8]]) -> [UInt8] {
    fields.reduce(into: [version]) { state, field in
      unsafe withUnsafeBytes(of: UInt32(field.count).bigEndian) { unsafe state += $0 }
      state += field
    }
  }

  /// - Parameter count: how many fields this version has.
  /// - Throws: the state is of another version, or of any other form than `encode` gives it.
  public static func decode(
    _ state: [UInt8], version: UInt8, count: Int
  ) throws(TransportProblem) -> [[UInt8]] {
    var rest = state.dropFirst()
    var fields: [[UInt8]] = []
    while state.first == version, fields.count < count, rest.count >= 4 {
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard length <= rest.count else { break }
      fields.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    guard state.first == version, fields.count == count, rest.isEmpty else { throw Heritage.unreadable }
    return fields
  }
}
