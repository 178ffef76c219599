/// `struct mconsole_request`: what a client sends.
enum ConsoleRequest {
  /// `MCONSOLE_MAGIC`.
  static let magic: UInt32 = 0xcafe_babe
  /// `MCONSOLE_VERSION`.
  static let version: UInt32 = 2
  /// `MCONSOLE_MAX_DATA`: room for text in a request, a reply and a notification, in bytes.
  static let room = 512
  /// The longest text of a request: the guest refuses one that fills the room.
  static let longest = room - 1

  /// The whole datagram.
  /// - Returns: nil when `text` is too long.
  static func encoded(_ text: String) -> [UInt8]? {
    let data = Array(text.utf8)
    guard data.count <= longest else { return nil }
    let head = [magic, version, UInt32(data.count)].flatMap { $0.nativeBytes }
    return head + data + [UInt8](repeating: 0, count: room - data.count)
  }
}

extension UInt32 {
  /// The four bytes as they lie in memory.
  var nativeBytes: [UInt8] {
    let value = littleEndian == self ? self : byteSwapped
    return (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// Reads four bytes as they lie in memory.
  init(nativeBytes bytes: ArraySlice<UInt8>) {
    let value = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    self = UInt32(littleEndian: value)
  }
}
