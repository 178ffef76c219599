import ManagementConsole
import Testing

/// What guests tell by themselves.
struct GuestNotificationTests {
  private func message(
    _ data: [UInt8], kind: UInt32 = 0, magic: UInt32 = 0xcafe_babe, version: UInt32 = 2, length: UInt32? = nil
  ) -> [UInt8] {
    bytes(magic) + bytes(version) + bytes(kind) + bytes(length ?? UInt32(data.count)) + data
  }

  private func parse(_ bytes: [UInt8]) -> GuestNotification? { GuestNotification(bytes[...]) }

  @Test func `an announcement is the path of the console, without its NUL`() {
    #expect(
      parse(message(Array("/home/u/.uml/g1/mconsole\0".utf8)))
        == GuestNotification(kind: .socket, text: "/home/u/.uml/g1/mconsole"))
  }

  @Test func `panics, hangs and words of users are told apart`() {
    for (number, kind) in [(1, GuestNotification.Kind.panic), (2, .hang), (3, .user)] {
      #expect(parse(message(Array("text".utf8), kind: UInt32(number))) == GuestNotification(kind: kind, text: "text"))
    }
  }

  @Test func `a text may fill its room, may be empty, and may be any bytes`() {
    #expect(parse(message([UInt8](repeating: 0x41, count: 512), kind: 3))?.text.utf8.count == 512)
    #expect(parse(message([], kind: 1))?.text == "")
    #expect(parse(message([0xff, 0xfe], kind: 3)) != nil)
  }

  @Test func `what is not of that form is no notification`() {
    let data = Array("/g1/mconsole\0".utf8)
    #expect(parse(message(data)) != nil)
    #expect(parse([]) == nil)
    #expect(parse(Array(message(data).prefix(15))) == nil)
    #expect(parse(message(data, magic: 0xbeba_feca)) == nil)
    #expect(parse(message(data, version: 1)) == nil)
    #expect(parse(message(data, kind: 4)) == nil)
    #expect(parse(message(data, length: 12)) == nil)
    #expect(parse(message(data, length: 14)) == nil)
    #expect(parse(message([UInt8](repeating: 0x41, count: 513), kind: 3)) == nil)
  }

  @Test func `a path that is empty or has a NUL in it is none`() {
    #expect(parse(message([0])) == nil)
    #expect(parse(message(Array("/a\0b/mconsole\0".utf8))) == nil)
  }
}
