/// `struct mconsole_reply`: one datagram of a guest's answer.
struct ConsoleReply: Hashable {
  let isError: Bool
  /// Another one follows.
  let hasMore: Bool
  /// Without the NUL at its end.
  let text: [UInt8]

  /// Why a datagram is no reply.
  enum Fault: Error, Hashable {
    /// A plain text, as guests of protocol version 0 answer.
    case text(String)
    /// What is wrong with it.
    case malformed(String)
  }

  private static let headBytes = 12
  /// The largest datagram.
  static let mostBytes = headBytes + ConsoleRequest.room

  static func parse(_ bytes: ArraySlice<UInt8>) -> Result<ConsoleReply, Fault> {
    if bytes.starts(with: Array("ERR ".utf8)) || bytes.starts(with: Array("OK ".utf8)) {
      return .failure(.text(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)))
    }
    guard bytes.count >= headBytes else { return .failure(.malformed("\(bytes.count) bytes")) }
    guard bytes.count <= mostBytes else { return .failure(.malformed("more than \(mostBytes) bytes")) }
    func word(_ index: Int) -> UInt32 {
      UInt32(nativeBytes: bytes.dropFirst(4 * index).prefix(4))
    }
    let data = bytes.dropFirst(headBytes)
    guard word(2) <= data.count else {
      return .failure(.malformed("\(word(2)) bytes of text announced, \(data.count) sent"))
    }
    let text = data.prefix(Int(word(2)))
    return .success(
      ConsoleReply(isError: word(0) != 0, hasMore: word(1) != 0, text: Array(text.last == 0 ? text.dropLast() : text)))
  }
}
