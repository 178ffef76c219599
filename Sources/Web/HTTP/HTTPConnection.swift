internal import Glibc
internal import LinuxIO

/// A connection: one request after the other, each answered before the next is read.
///
///     idle ──first byte──► reading ──whole head──► answering ──► writing ──all taken──► idle, or closed
///
/// Each state has a deadline, after which the connection is closed.
final class HTTPConnection {
  private enum State { case reading, answering, writing }

  let socket: Descriptor
  /// When it is closed if nothing happens; nanoseconds of the monotonic clock.
  private(set) var deadline: UInt64
  private var state = State.reading
  private var input: [UInt8] = []
  private var output: ArraySlice<UInt8> = []
  private var keepsAlive = false
  private var withContent = true

  private static let idleSeconds: UInt64 = 30
  /// From the first byte of a head to its last.
  private static let headSeconds: UInt64 = 5
  /// For the agent to be asked, and for the peer to take the answer.
  private static let answerSeconds: UInt64 = 20

  init(_ socket: consuming Descriptor, now: UInt64) {
    self.socket = socket
    deadline = now + Self.idleSeconds * 1_000_000_000
  }

  /// Whether it waits for a request of which nothing has come.
  var isIdle: Bool { state == .reading && input.isEmpty }
  var wantsToRead: Bool { state == .reading }
  var wantsToWrite: Bool { state == .writing }

  /// Reads what is there.
  /// - Returns: the request that is complete now, if any.
  /// - Throws: when the connection is to be closed.
  func read(now: UInt64) throws(Errno) -> HTTPRequest? {
    var piece = [UInt8](repeating: 0, count: 4_096)
    switch try UnixSocket.read(from: socket, into: &piece) {
    case .wouldBlock: return nil
    case .end: throw Errno(EPIPE)
    case .bytes(let count):
      if input.isEmpty { deadline = now + Self.headSeconds * 1_000_000_000 }
      input += piece[..<count]
    }
    return nextRequest(now: now)
  }

  /// The next request of what was read.
  private func nextRequest(now: UInt64) -> HTTPRequest? {
    switch HTTPRequest.parse(input) {
    case .incomplete: return nil
    case .request(let request, let length):
      input.removeFirst(length)
      keepsAlive = request.keepsAlive
      withContent = request.method != "HEAD"
      state = .answering
      deadline = now + Self.answerSeconds * 1_000_000_000
      return request
    case .refused(let status):
      keepsAlive = false
      answer(HTTPResponse(status, status.phrase), now: now)
      return nil
    }
  }

  /// Begins to answer the request.
  func answer(_ response: HTTPResponse, now: UInt64) {
    output = response.encoded(keepsAlive: keepsAlive, withContent: withContent)[...]
    state = .writing
    deadline = now + Self.answerSeconds * 1_000_000_000
  }

  /// Writes what the socket takes.
  /// - Returns: the next request, if its end came with the one before.
  /// - Throws: when the connection is to be closed.
  func write(now: UInt64) throws(Errno) -> HTTPRequest? {
    while !output.isEmpty {
      guard case .bytes(let count) = try UnixSocket.write(output, to: socket) else { return nil }
      output = output.dropFirst(count)
    }
    if !keepsAlive { throw Errno(EPIPE) }
    state = .reading
    deadline = now + (input.isEmpty ? Self.idleSeconds : Self.headSeconds) * 1_000_000_000
    return nextRequest(now: now)
  }
}
