extension FrameHeader {
  /// Reads the header of a frame.
  /// - Parameters:
  ///   - frame: the frame's bytes from the destination address on; at least `min(length, 18)` of them are read.
  ///   - length: bytes of the frame.
  /// - Returns: nil for a runt: fewer than 14 bytes, or fewer than 18 with a tag.
  @inlinable @inline(__always) package init?(_ frame: UnsafeRawPointer, length: Int) {
    guard length >= FrameHeader.length else { return nil }
    let destination = unsafe MACAddress(truncating: frame.bigEndian(UInt64.self, at: 0) >> 16)
    // Source and type lie side by side: one load has both.
    let rest = unsafe frame.bigEndian(UInt64.self, at: 6)
    let source = MACAddress(truncating: rest >> 16)
    let type = EtherType(rawValue: UInt16(truncatingIfNeeded: rest))
    guard type.isTag else {
      self.init(destination: destination, source: source, vlan: 0, etherType: type)
      return
    }
    guard length >= FrameHeader.length + FrameHeader.tagLength else { return nil }
    let tag = unsafe frame.bigEndian(UInt32.self, at: 14)
    self.init(
      destination: destination, source: source, vlan: UInt16(truncatingIfNeeded: tag >> 16) & 0xfff,
      etherType: EtherType(rawValue: UInt16(truncatingIfNeeded: tag)))
  }
}
