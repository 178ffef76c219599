// The management console of a guest in User Mode Linux, from the host's side.
//
// A guest listens on a local datagram socket, `<uml_dir>/<umid>/mconsole`, beside its process number in `pid`. A request is
// one datagram, the answer one or several back to the address of who asked: the asking socket must have a name
// (arch/um/drivers/mconsole.h and mconsole_user.c of Linux; the same in all versions since 2.6).
//
//   request  u32 0xcafebabe, u32 version 2, u32 length, char data[512]        length ≤ 511, data = "config vec1:…"
//   reply    u32 error, u32 more, u32 length with NUL, char data[512]         `error` counts in the first only
//
// All in native byte order. A guest that was killed leaves its socket behind: connecting says ECONNREFUSED. One that is
// stopped, or whose helper processes survived it, keeps the socket and never answers, so every request has a deadline.
// Each request has a socket of its own: an answer that comes too late finds nobody.
//
// The name of that socket is abstract, which costs no file and no permission, but is known in one network namespace only;
// for a guest in another one it is a file in the guest's own directory.
//
//   ManagementConsole   one guest's console
//   GuestDirectory      where a guest's files are, and all there are below a uml_dir
//   GuestDevice         a network device as the words of a command line name it
//   GuestNotification   what a guest tells by itself (`mconsole=notify:SOCKET`)

import Glibc
import LinuxIO

/// One guest's management console. Calls block until the guest answers, at most as long as they say.
package struct ManagementConsole: Sendable {
  /// The guest's socket.
  package let path: String
  /// Whether the asking socket is a file, because the guest is in another network namespace.
  private let needsFile: Bool

  /// - Parameters:
  ///   - path: of the guest's socket, absolute.
  ///   - processId: of the guest, by which its network namespace is known; nil: the caller's own.
  package init(path: String, processId: Int32? = nil) {
    self.path = path
    needsFile = processId.map { HostProcess($0).isInOtherNetwork } ?? false
  }

  /// Asks and waits for the answer.
  /// - Parameters:
  ///   - request: a command of the console, such as "version"; at most 511 bytes.
  ///   - timeoutMilliseconds: how long the whole answer may take.
  /// - Returns: the answer's text; newlines at its ends are left out.
  /// - Throws: `refused` with the guest's own reason; the others say why there is no answer.
  package func ask(_ request: String, timeoutMilliseconds: Int = 5_000) throws(ConsoleError) -> String {
    guard let message = ConsoleRequest.encoded(request) else { throw .requestTooLong(limit: ConsoleRequest.longest) }
    let ownPath = needsFile ? self.ownPath : nil
    defer { if let ownPath { unsafe unlink(ownPath) } }
    let result: Result<String, ConsoleError>
    do throws(Errno) {
      let socket = try UnixSocket.converse(with: path, from: ownPath, timeoutMilliseconds: timeoutMilliseconds)
      let deadline = monotonicNanoseconds() + UInt64(timeoutMilliseconds) * 1_000_000
      guard case .bytes = try UnixSocket.write(message[...], to: socket) else { throw Errno(EAGAIN) }
      result = try answer(from: socket, until: deadline)
    } catch {
      throw ConsoleError(error, path: path, milliseconds: timeoutMilliseconds)
    }
    return try result.get()
  }

  /// Beside the guest's socket, where whoever may ask the guest may usually write.
  private var ownPath: String {
    let directory = path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex)
    return "\(directory).umbel-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  }

  private func answer(
    from socket: borrowing Descriptor, until deadline: UInt64
  ) throws(Errno) -> Result<String, ConsoleError> {
    var buffer = [UInt8](repeating: 0, count: ConsoleReply.mostBytes + 1)
    var text: [UInt8] = []
    var isError: Bool?
    while true {
      guard monotonicNanoseconds() < deadline, case .bytes(let count) = try UnixSocket.read(from: socket, into: &buffer)
      else { throw Errno(EAGAIN) }
      let reply: ConsoleReply
      switch ConsoleReply.parse(buffer[..<count]) {
      case .success(let parsed): reply = parsed
      case .failure(.text(let words)): return .failure(.otherVersion(path: path, words))
      case .failure(.malformed(let what)): return .failure(.malformed(path: path, what))
      }
      isError = isError ?? reply.isError
      text += reply.text
      guard text.count <= Self.longestAnswer else { return .failure(.malformed(path: path, "an answer without end")) }
      if reply.hasMore { continue }
      return result(String(decoding: text, as: UTF8.self), isError: isError ?? false)
    }
  }

  /// No answer of the console comes near it: the longest are files of /proc.
  private static let longestAnswer = 256 << 10

  private func result(_ text: String, isError: Bool) -> Result<String, ConsoleError> {
    let text = text.trimmingNewlines
    if !isError { return .success(text) }
    // What mconsole_user.c says to clients of a version that is not its own.
    if text.hasPrefix("This driver only supports version") { return .failure(.otherVersion(path: path, text)) }
    return .failure(.refused(text))
  }
}

extension String {
  fileprivate var trimmingNewlines: String {
    let start = drop { $0.isNewline }
    guard let last = start.lastIndex(where: { !$0.isNewline }) else { return "" }
    return String(start[...last])
  }
}
