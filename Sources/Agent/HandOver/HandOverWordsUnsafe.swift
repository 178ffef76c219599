extension HandOverState {
  /// Words as they lie in memory.
  static func bytes(of words: [UInt64]) -> [UInt8] { unsafe words.withUnsafeBytes { unsafe Array($0) } }

  /// The word at an index; the bytes hold it.
  static func word(_ index: Int, of bytes: [UInt8]) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
  }
}
