import Glibc
import LinuxIO
import Testing

@Suite("Descriptors over local sockets")
struct DescriptorPassingTests {
  /// Whether all copies of a pipe's writing end are closed: its reading end is at its end then.
  /// - Parameter milliseconds: how long to wait for that; a child of another test may hold a copy until it execs.
  private func isAtEnd(_ reader: Int32, within milliseconds: Int32 = 1_000) -> Bool {
    var entry = pollfd(fd: reader, events: 0, revents: 0)
    return unsafe poll(&entry, 1, milliseconds) == 1 && entry.revents & Int16(POLLHUP) != 0
  }

  @Test("A descriptor arrives with its bytes, close-on-exec, and is the same file")
  func arrives() throws {
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    let sent = try UnixSocket.pair(.seqpacket, nonBlocking: true)
    #expect(try UnixSocket.send([1, 2, 3], with: Descriptors(sent.first), to: pair.first) == .bytes(3))
    var buffer = [UInt8](repeating: 0, count: 8)
    var received = Descriptors()
    #expect(try UnixSocket.receive(from: pair.second, into: &buffer, descriptors: &received) == .bytes(3))
    #expect(buffer.prefix(3) == [1, 2, 3])
    #expect(received.count == 1)
    guard let descriptor = received.take(0) else { throw Errno(EBADF) }
    #expect(fcntl(descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
    #expect(try UnixSocket.write([1, 2, 3, 4, 5], to: descriptor) == .bytes(5))
    #expect(try UnixSocket.read(from: sent.second, into: &buffer) == .bytes(5))
  }

  @Test("Descriptors that nobody takes are closed")
  func untaken() throws {
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    let sent = try UnixSocket.pair(.stream, nonBlocking: true)
    _ = try UnixSocket.send([1], with: Descriptors(sent.first), to: pair.first)
    #expect(!isAtEnd(sent.second.number, within: 0))
    var buffer: [UInt8] = [0]
    do {
      var received = Descriptors()
      _ = try UnixSocket.receive(from: pair.second, into: &buffer, descriptors: &received)
      #expect(received.count == 1)
      #expect(!isAtEnd(sent.second.number, within: 0))
    }
    #expect(isAtEnd(sent.second.number))
  }

  @Test("A reader that asks for none gets none, and the kernel closes them")
  func unasked() throws {
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    let sent = try UnixSocket.pair(.stream, nonBlocking: true)
    _ = try UnixSocket.send([7], with: Descriptors(sent.first), to: pair.first)
    var buffer: [UInt8] = [0, 0]
    #expect(try UnixSocket.read(from: pair.second, into: &buffer) == .bytes(1))
    #expect(isAtEnd(sent.second.number))
  }

  @Test("No message carries more than the limit")
  func limit() throws {
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    var many = Descriptors()
    for _ in 0...Descriptors.most { many.append(try pair.first.duplicate()) }
    #expect(throws: Errno(EINVAL)) { try UnixSocket.send([1], with: many, to: pair.first) }
  }

  @Test("A descriptor is taken once")
  func once() throws {
    let pair = try UnixSocket.pair(.stream, nonBlocking: true)
    var held = Descriptors(try pair.first.duplicate())
    let isThere = held.take(0) != nil
    let isThereAgain = held.take(0) != nil
    let isBeyond = held.take(1) != nil
    #expect((isThere, isThereAgain, isBeyond) == (true, false, false))
  }
}
