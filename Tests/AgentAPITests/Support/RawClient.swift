import AgentAPI
import Glibc
import LinuxIO

/// A client that sends whatever bytes a test wants.
struct RawClient: ~Copyable {
  let socket: Descriptor
  private var input = MessageBuffer()

  init(_ server: ServerThread) throws(Errno) {
    socket = try UnixSocket.connect(to: server.path, kind: .stream, timeoutMilliseconds: 5_000)
  }

  /// Sends `text`, each `|` of it as the NUL that ends a message.
  borrowing func send(_ text: String) throws(Errno) {
    var rest = text.utf8.map { $0 == UInt8(ascii: "|") ? 0 : $0 }[...]
    while !rest.isEmpty {
      guard case .bytes(let count) = try UnixSocket.write(rest, to: socket) else { throw Errno(ETIMEDOUT) }
      rest = rest.dropFirst(count)
    }
  }

  /// The next message; nil when the server has ended the connection.
  mutating func receive() throws -> String? {
    var piece = [UInt8](repeating: 0, count: 4_096)
    while true {
      if let message = try input.next() { return String(decoding: message, as: UTF8.self) }
      switch try UnixSocket.read(from: socket, into: &piece) {
      case .bytes(let count): input.append(piece[..<count])
      case .end: return nil
      case .wouldBlock: throw Errno(ETIMEDOUT)
      }
    }
  }

  /// A request of `org.umbel.Agent`, with its end.
  static func request(_ method: String, _ parameters: String = "{}", _ rest: String = "") -> String {
    "{\"method\":\"org.umbel.Agent.\(method)\",\"parameters\":\(parameters)\(rest)}|"
  }
}
