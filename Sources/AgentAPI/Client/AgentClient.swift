import Glibc
package import LinuxIO

/// A connection to an agent, on which one call after another is made. Blocks; every read and write has a deadline.
package final class AgentClient {
  /// The path it is connected to.
  package let path: String

  private let socket: Descriptor
  /// The connection's descriptor, which is readable between two calls when the agent has ended it.
  package var number: Int32 { socket.number }
  private let timeoutSeconds: Int
  private var input = MessageBuffer()

  /// Connects.
  /// - Parameters:
  ///   - path: see `AgentSocket`.
  ///   - timeoutSeconds: how long the agent may take to accept bytes, and to say the next ones.
  package init(path: String, timeoutSeconds: Int = 10) throws(ClientError) {
    self.path = path
    self.timeoutSeconds = timeoutSeconds
    do throws(Errno) {
      socket = try UnixSocket.connect(to: path, kind: .stream, timeoutMilliseconds: timeoutSeconds * 1_000)
    } catch {
      throw Self.refusal(path, timeoutSeconds, error)
    }
  }

  /// Calls a method and waits for its answer. Descriptors that come with it are closed.
  package func call<Method: AgentMethod>(
    _ method: Method.Type, _ parameters: Method.Parameters
  ) throws(ClientError) -> Method.Reply {
    var descriptors = Descriptors()
    return try call(method, parameters, descriptors: &descriptors)
  }

  /// Calls a method and waits for its answer.
  /// - Parameter descriptors: gets those that come with the answer.
  package func call<Method: AgentMethod>(
    _ method: Method.Type, _ parameters: Method.Parameters, descriptors: inout Descriptors
  ) throws(ClientError) -> Method.Reply {
    try send(method, parameters, more: false)
    return try reply(to: method, descriptors: &descriptors).value
  }

  /// Calls a method with `more`, and hands each of its answers to `body`. Descriptors that come with them are closed.
  /// - Throws: what the call meets, after the answers that came before it.
  package func callMore<Method: AgentMethod>(
    _ method: Method.Type, _ parameters: Method.Parameters, _ body: (Method.Reply) -> Void
  ) throws(ClientError) {
    try send(method, parameters, more: true)
    var isContinued = true
    while isContinued {
      var descriptors = Descriptors()
      let reply = try reply(to: method, descriptors: &descriptors)
      body(reply.value)
      isContinued = reply.isContinued
    }
  }

  private func send<Method: AgentMethod>(
    _ method: Method.Type, _ parameters: Method.Parameters, more: Bool
  ) throws(ClientError) {
    let request = Message.Request(method: method.name.qualified, parameters: parameters, more: more)
    var rest = Message.encode(request)[...]
    do throws(Errno) {
      while !rest.isEmpty {
        switch try UnixSocket.write(rest, to: socket) {
        case .bytes(let count): rest = rest.dropFirst(count)
        case .wouldBlock, .end: throw Errno(EAGAIN)
        }
      }
    } catch {
      // What the agent said before it closed is worth reading.
      if error.code != EPIPE { throw failure(error) }
    }
  }

  private func reply<Method: AgentMethod>(
    to method: Method.Type, descriptors: inout Descriptors
  ) throws(ClientError) -> (value: Method.Reply, isContinued: Bool) {
    let bytes = try nextMessage(&descriptors)
    let head = try decoded { () throws(Message.Malformed) in try Message.decode(Message.ReplyHead.self, from: bytes) }
    if let name = head.error {
      if let error = AgentError(name: name, bytes: bytes) { throw .refused(error) }
      if let error = ServiceError(name: name, bytes: bytes) { throw .service(error) }
      throw .unknown(name)
    }
    let value = try decoded { () throws(Message.Malformed) in try Message.parameters(Method.Reply.self, from: bytes) }
    return (value, head.isContinued)
  }

  private func nextMessage(_ descriptors: inout Descriptors) throws(ClientError) -> [UInt8] {
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      do throws(MessageBuffer.TooLarge) {
        if let message = try input.next() { return message }
      } catch {
        throw .malformed("larger than \(error.limit) bytes")
      }
      do throws(Errno) {
        switch try UnixSocket.receive(from: socket, into: &piece, descriptors: &descriptors) {
        case .bytes(let count): input.append(piece[..<count])
        case .wouldBlock: throw Errno(EAGAIN)
        case .end: throw Errno(EPIPE)
        }
      } catch {
        throw failure(error)
      }
    }
  }

  private func decoded<Value>(_ body: () throws(Message.Malformed) -> Value) throws(ClientError) -> Value {
    do throws(Message.Malformed) {
      return try body()
    } catch {
      throw .malformed(error.field.isEmpty ? "no JSON object of that form" : "field \"\(error.field)\"")
    }
  }

  private func failure(_ error: Errno) -> ClientError {
    switch error.code {
    // A blocking socket says "would block" when its time is over: socket(7), SO_RCVTIMEO.
    case EAGAIN: .timedOut(path: path, seconds: timeoutSeconds)
    case EPIPE: .closed(path: path)
    default: .system(path: path, error)
    }
  }

  private static func refusal(_ path: String, _ seconds: Int, _ error: Errno) -> ClientError {
    switch error.code {
    case ENOENT, ECONNREFUSED: .noAgent(path: path)
    case EACCES: .notPermitted(path: path)
    case EAGAIN: .timedOut(path: path, seconds: seconds)
    default: .system(path: path, error)
    }
  }
}
