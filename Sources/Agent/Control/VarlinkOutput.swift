import LinuxIO

/// Replies on their way to one client, in order, each with its descriptors.
struct VarlinkOutput {
  /// A class, because an array holds no descriptors.
  private final class Message {
    var bytes: ArraySlice<UInt8>
    var descriptors: Descriptors

    init(_ bytes: [UInt8], _ descriptors: consuming Descriptors) {
      self.bytes = bytes[...]
      self.descriptors = descriptors
    }
  }

  private var messages: [Message] = []

  /// Bytes that have not gone yet.
  private(set) var byteCount = 0

  var isEmpty: Bool { messages.isEmpty }

  /// Adds a reply. Its descriptors are closed here as soon as they have gone.
  mutating func append(_ bytes: [UInt8], _ descriptors: consuming Descriptors) {
    messages.append(Message(bytes, descriptors))
    byteCount += bytes.count
  }

  /// Writes what the socket takes now.
  /// - Throws: when the client is gone.
  mutating func write(to socket: borrowing Descriptor) throws(Errno) {
    while let message = messages.first {
      // One call a message: descriptors travel with its first byte.
      let transfer =
        message.descriptors.isEmpty
        ? try UnixSocket.write(message.bytes, to: socket)
        : try UnixSocket.send(message.bytes, with: message.descriptors, to: socket)
      guard case .bytes(let count) = transfer else { return }
      message.descriptors = Descriptors()
      message.bytes = message.bytes.dropFirst(count)
      byteCount -= count
      if message.bytes.isEmpty { messages.removeFirst() }
    }
  }
}
