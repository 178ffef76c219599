package import AgentAPI
import Glibc
package import LinuxIO

/// A request of `org.umbel.Agent` that waits for its answer. Used by the control thread only.
///
/// The handler keeps it as long as it needs; the connection carries out no other request meanwhile. A call that is
/// forgotten unanswered is answered `Failed`. When the client is gone, or wanted no answer, replies are dropped.
package final class VarlinkCall {
  /// Which method.
  package let method: MethodName
  /// Whether several replies are wanted; otherwise only the last may be given.
  package let wantsMore: Bool

  private let connection: VarlinkConnection
  private let number: UInt64
  private let message: [UInt8]
  private var isAnswered = false

  init(
    _ connection: VarlinkConnection, _ number: UInt64, _ method: MethodName, _ head: Message.RequestHead,
    _ message: [UInt8]
  ) {
    self.connection = connection
    self.number = number
    self.method = method
    self.message = message
    wantsMore = head.wantsMore
  }

  deinit {
    if isAnswered { return }
    let error = AgentError.failed(
      method.rawValue, what: "The agent forgot to answer.", remedy: "This is a fault of umbeld: please report it.")
    connection.answer(
      number, Message.encode(Message.Reply(error: error.name, parameters: error)), Descriptors(), isLast: true)
  }

  /// Who calls.
  package var peer: PeerCredentials { connection.peer }

  /// Whether the client is gone: nobody will read an answer.
  package var isCancelled: Bool { connection.socket == nil }

  /// Whether both came over one connection.
  func isOfSameClient(as other: VarlinkCall) -> Bool { connection === other.connection }

  /// Calls `body` when the client goes; one that is gone already does not come back.
  func whenGone(_ body: @escaping () -> Void) { connection.whenClosed.append(body) }

  /// A descriptor that becomes readable when the calling process ends; see `ProcessDescriptor.open(peerOf:)`.
  package func openCaller() throws(Errno) -> Descriptor {
    guard let socket = connection.socket else { throw Errno(ESRCH) }
    return try ProcessDescriptor.open(peerOf: socket.descriptor)
  }

  /// What the method was called with.
  /// - Throws: `invalidParameter`, to be given to `fail`: a field is missing, has another type, or is not one of the
  ///   method's.
  package func parameters<Method: AgentMethod>(
    of method: Method.Type
  ) throws(ServiceError) -> Method.Parameters {
    precondition(method.name == self.method, "the parameters are those of another method")
    do throws(Message.Malformed) {
      for name in try Message.parameterNames(in: message) where !Method.Parameters.names.contains(name) {
        throw Message.Malformed(field: name)
      }
      return try Message.parameters(Method.Parameters.self, from: message)
    } catch {
      throw .invalidParameter(error.field)
    }
  }

  /// Answers. An answer that is too large for one message becomes `LimitReached`.
  /// - Parameters:
  ///   - value: a reply of the method.
  ///   - descriptors: go along; the agent's copies are closed when they have gone, or are dropped.
  ///   - continues: more replies follow; only when `wantsMore`.
  package func reply(
    _ value: some Encodable, descriptors: consuming Descriptors = Descriptors(), continues: Bool = false
  ) {
    precondition(wantsMore || !continues, "this caller wants one reply")
    let bytes = Message.encode(Message.Reply(parameters: value, continues: continues))
    guard bytes.count - 1 <= connection.limits.messageBytes else {
      return fail(
        AgentError.limitReached(
          "bytes in a reply", limit: connection.limits.messageBytes, remedy: "Ask for one LAN, or call with \"more\"."))
    }
    send(bytes, descriptors, isLast: !continues)
  }

  /// Answers with a list in pieces of at most `size`, each sent when the client has read the last; in one piece when it
  /// does not want more.
  /// - Parameter make: the reply of a piece.
  package func stream<Item>(_ items: [Item], by size: Int = 256, _ make: @escaping ([Item]) -> some Encodable) {
    stream(items[...], wantsMore ? size : .max, make)
  }

  private func stream<Item>(_ items: ArraySlice<Item>, _ size: Int, _ make: @escaping ([Item]) -> some Encodable) {
    let rest = items.dropFirst(size)
    reply(make(Array(items.prefix(size))), continues: !rest.isEmpty)
    // A piece that was too large has ended the call.
    if !isAnswered { afterReading { self.stream(rest, size, make) } }
  }

  /// Calls `body` when the client has read all replies so far, for a stream that is as fast as its reader. The call is
  /// kept meanwhile. Never called when the client goes away first.
  package func afterReading(_ body: @escaping () -> Void) { connection.afterDraining(body) }

  /// Answers with an error.
  package func fail(_ error: some WireError) {
    send(Message.encode(Message.Reply(error: error.name, parameters: error)), Descriptors(), isLast: true)
  }

  private func send(_ bytes: [UInt8], _ descriptors: consuming Descriptors, isLast: Bool) {
    precondition(!isAnswered, "a call has one last reply")
    isAnswered = isLast
    connection.answer(number, bytes, descriptors, isLast: isLast)
  }
}
