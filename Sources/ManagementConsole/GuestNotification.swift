/// What a guest tells by itself, to the socket named by `mconsole=notify:SOCKET` on its command line: `struct
/// mconsole_notify` of arch/um/drivers/mconsole.h.
///
///     u32 0xcafebabe, u32 version 2, u32 type, u32 length, char data[length ≤ 512]
///
/// In native byte order. The datagram ends with the data; its text ends with a NUL, but for what a user of the guest wrote.
package struct GuestNotification: Hashable, Sendable {
  /// Its type.
  package enum Kind: UInt32, Sendable, CaseIterable {
    /// The guest has booted so far that its console listens; the text is the path of that socket.
    case socket = 0
    /// Its kernel has panicked; the text is the panic's.
    case panic = 1
    /// Its watchdog has found it hanging.
    case hang = 2
    /// A user of the guest wrote the text to /proc/mconsole.
    case user = 3
  }

  package let kind: Kind
  /// Without the NUL at its end; whatever the guest said.
  package let text: String

  package init(kind: Kind, text: String) {
    self.kind = kind
    self.text = text
  }

  private static let headBytes = 16
  /// The largest datagram, in bytes.
  package static let mostBytes = headBytes + ConsoleRequest.room

  /// Reads a whole datagram.
  /// - Returns: nil when it is none of this form: another magic, version, type or length.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard (Self.headBytes...Self.mostBytes).contains(bytes.count) else { return nil }
    func word(_ index: Int) -> UInt32 { UInt32(nativeBytes: bytes.dropFirst(4 * index).prefix(4)) }
    var data = bytes.dropFirst(Self.headBytes)
    guard word(0) == ConsoleRequest.magic, word(1) == ConsoleRequest.version, let kind = Kind(rawValue: word(2)),
      Int(word(3)) == data.count
    else { return nil }
    if data.last == 0 { data.removeLast() }
    // A path with a NUL in it would be two.
    if kind == .socket, data.isEmpty || data.contains(0) { return nil }
    self.init(kind: kind, text: String(decoding: data, as: UTF8.self))
  }
}
