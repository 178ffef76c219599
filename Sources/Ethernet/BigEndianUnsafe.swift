// Fields in network byte order at any alignment. The caller has checked the bounds.

extension UnsafeRawPointer {
  /// The integer stored in network byte order `offset` bytes from here.
  @inlinable package func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, at offset: Int
  ) -> Value {
    unsafe Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}

extension UnsafeMutableRawPointer {
  /// Stores `value` in network byte order `offset` bytes from here.
  @inlinable package func setBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
    unsafe storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
  }
}
