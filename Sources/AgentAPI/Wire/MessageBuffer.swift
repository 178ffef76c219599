/// Bytes as they come in, and the messages in them: each ends with a NUL byte, which JSON text never holds.
///
/// Holds one unfinished message of at most `limit` bytes, and the finished ones that came in with it.
package struct MessageBuffer {
  /// A message of a size that the receiver does not take.
  package struct TooLarge: Error, Hashable {
    /// In bytes.
    package let limit: Int
  }

  /// The most bytes that one message has, without its NUL: 1 MiB.
  package static let usualLimit = 1 << 20

  private let limit: Int
  private var bytes: [UInt8] = []
  /// Where the first message that has not been handed out begins.
  private var start = 0
  /// Up to where no NUL has been found.
  private var searched = 0

  package init(limit: Int = usualLimit) { self.limit = limit }

  /// How many bytes have not been handed out.
  package var count: Int { bytes.count - start }

  /// Adds what was read.
  package mutating func append(_ piece: some Collection<UInt8>) {
    if start > 0 {
      bytes.removeFirst(start)
      searched -= start
      start = 0
    }
    bytes.append(contentsOf: piece)
  }

  /// Hands out the next message, without its NUL.
  /// - Returns: nil when there is no whole message.
  /// - Throws: `TooLarge`, also for a message that is not whole yet; nothing more can be read then.
  package mutating func next() throws(TooLarge) -> [UInt8]? {
    let end = bytes[searched...].firstIndex(of: 0)
    searched = end ?? bytes.count
    if searched - start > limit { throw TooLarge(limit: limit) }
    guard let end else { return nil }
    defer {
      start = end + 1
      searched = start
    }
    return Array(bytes[start..<end])
  }
}
