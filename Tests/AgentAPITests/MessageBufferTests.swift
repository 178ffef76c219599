import AgentAPI
import Testing

@Suite("Messages in a stream of bytes")
struct MessageBufferTests {
  @Test("Messages are the same in whatever pieces they come", arguments: 1...12)
  func pieces(_ size: Int) throws {
    let bytes = Array("{\"a\":1}\0{}\0\0{\"b\":\"long enough\"}\0{".utf8)
    var buffer = MessageBuffer()
    var messages: [String] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      buffer.append(rest.prefix(size))
      rest = rest.dropFirst(size)
      while let message = try buffer.next() { messages.append(String(decoding: message, as: UTF8.self)) }
    }
    #expect(messages == ["{\"a\":1}", "{}", "", "{\"b\":\"long enough\"}"])
    #expect(buffer.count == 1)
  }

  @Test("A message of just the limit passes, one byte more does not")
  func limit() throws {
    var buffer = MessageBuffer(limit: 4)
    buffer.append([1, 2, 3, 4, 0])
    #expect(try buffer.next() == [1, 2, 3, 4])
    buffer.append([1, 2, 3, 4, 5, 0])
    #expect(throws: MessageBuffer.TooLarge.self) { try buffer.next() }
  }

  @Test("A message that is too large is refused before it has ended")
  func unended() throws {
    var buffer = MessageBuffer(limit: 4)
    buffer.append([1, 2, 3, 4])
    #expect(try buffer.next() == nil)
    buffer.append([5])
    #expect(throws: MessageBuffer.TooLarge.self) { try buffer.next() }
  }
}
