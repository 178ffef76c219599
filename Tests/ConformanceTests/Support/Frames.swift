/// Six bytes as on the wire.
typealias MACAddressBytes = [UInt8]

/// Frames of the tests.
enum Frames {
  static let broadcast: MACAddressBytes = [UInt8](repeating: 0xff, count: 6)

  /// A frame of EtherType 0x88b5 (IEEE 802, for experiments) whose payload depends on `serial` alone.
  static func frame(
    to destination: MACAddressBytes, from source: MACAddressBytes, length: Int, serial: Int, type: UInt16 = 0x88b5
  ) -> [UInt8] {
    var state = UInt64(truncatingIfNeeded: serial &+ 1) &* 0x9e37_79b9_7f4a_7c15
    var bytes = destination + source + [UInt8(type >> 8), UInt8(type & 0xff)]
    bytes.reserveCapacity(length)
    while bytes.count < length {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bytes.append(UInt8(truncatingIfNeeded: state >> 56))
    }
    return bytes
  }
}
