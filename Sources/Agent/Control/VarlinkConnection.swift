import AgentAPI
import Glibc
import LinuxIO

/// One client of the control interface. See VarlinkServer.swift for its states.
final class VarlinkConnection {
  /// Who connected.
  let peer: PeerCredentials
  /// Nil once closed.
  private(set) var socket: VarlinkSocket?

  private weak var server: VarlinkServer?
  let limits: VarlinkServer.Limits
  private var input: MessageBuffer
  private var inputHasEnded = false
  private var output: VarlinkOutput
  /// The request that is being carried out. Numbers are never used again.
  private var current: (number: UInt64, isOneway: Bool)?
  private var requestCount: UInt64 = 0
  private var isAdvancing = false
  private let loop: ControlLoop
  private var stallTimer: ControlLoop.Timer?
  private var whenDrained: [() -> Void] = []
  /// Called once, when the connection ends.
  var whenClosed: [() -> Void] = []

  init(server: VarlinkServer, socket: VarlinkSocket, peer: PeerCredentials) throws(Errno) {
    self.server = server
    self.socket = socket
    self.peer = peer
    loop = server.loop
    limits = server.limits
    input = MessageBuffer(limit: limits.messageBytes)
    output = VarlinkOutput()
    try loop.watch(socket.number) { [weak self] readiness in self?.handle(readiness) }
  }

  /// Ends the connection. What has not been sent is dropped, its descriptors closed.
  func close() {
    guard let socket else { return }
    // First: calls that end with the closures below come back to answer, and find the connection closed.
    self.socket = nil
    loop.unwatch(socket.number)
    cancelStallTimer()
    output = VarlinkOutput()
    whenDrained = []
    server?.forget(socket.number)
    let actions = whenClosed
    whenClosed = []
    for action in actions { action() }
  }

  /// Sends a reply to request `number`; drops it when that is not being carried out any more.
  /// - Parameter isLast: the request is answered, the next may begin.
  func answer(_ number: UInt64, _ bytes: [UInt8], _ descriptors: consuming Descriptors, isLast: Bool) {
    guard socket != nil, let request = current, request.number == number else { return }
    if isLast { current = nil }
    if !request.isOneway {
      output.append(bytes, descriptors)
      flush()
      if output.byteCount > limits.queuedBytes { closeForUnread() }
    }
    advance()
  }

  /// Calls `body` from the loop when all replies so far have gone; never, when the client goes first.
  func afterDraining(_ body: @escaping () -> Void) {
    if socket == nil { return }
    whenDrained.append(body)
    if output.isEmpty { scheduleDrained() }
  }

  // MARK: Requests

  private func handle(_ readiness: Readiness) {
    if !output.isEmpty {
      flush()
    } else if current == nil, !inputHasEnded {
      read()
    } else if readiness.contains(.hungUp) || readiness.contains(.failed) {
      close()
    }
    advance()
  }

  private func read() {
    guard let socket else { return }
    var piece = [UInt8](repeating: 0, count: 16_384)
    do throws(Errno) {
      switch try UnixSocket.read(from: socket.descriptor, into: &piece) {
      case .bytes(let count): input.append(piece[..<count])
      case .wouldBlock: break
      case .end: inputHasEnded = true
      }
    } catch {
      close()
    }
  }

  /// Begins the next request once the last one is answered and the answer has gone.
  private func advance() {
    // A handler that answers at once comes back here.
    if isAdvancing { return }
    isAdvancing = true
    defer { isAdvancing = false }
    while socket != nil, current == nil, output.isEmpty, let message = nextMessage() { dispatch(message) }
    if inputHasEnded, current == nil, output.isEmpty { close() }
    watchForWhatIsNext()
  }

  private func nextMessage() -> [UInt8]? {
    do throws(MessageBuffer.TooLarge) {
      return try input.next()
    } catch {
      closeForMalformed()
      return nil
    }
  }

  private func dispatch(_ message: [UInt8]) {
    guard let server, let head = try? Message.decode(Message.RequestHead.self, from: message) else {
      return closeForMalformed()
    }
    requestCount += 1
    let number = requestCount
    current = (number, head.isOneway)
    do throws(ServiceError) {
      if head.wantsUpgrade { throw .invalidParameter("upgrade") }
      let (interface, member) = Self.parts(of: head.method)
      switch interface {
      case AgentInterface.name:
        guard let method = MethodName(rawValue: member) else { throw .methodNotFound(head.method) }
        server.handler.handle(VarlinkCall(self, number, method, head, message))
      case ServiceInterface.name:
        answer(number, try server.introspection.answer(member, message), Descriptors(), isLast: true)
      default:
        throw .interfaceNotFound(interface)
      }
    } catch {
      answer(number, Message.encode(Message.Reply(error: error.name, parameters: error)), Descriptors(), isLast: true)
    }
  }

  /// The interface and the method's own name: what is before and after the last dot.
  private static func parts(of method: String) -> (interface: String, member: String) {
    guard let dot = method.lastIndex(of: ".") else { return (method, "") }
    return (String(method[..<dot]), String(method[method.index(after: dot)...]))
  }

  private func closeForMalformed() {
    server?.faults.malformed += 1
    close()
  }

  // MARK: Replies

  private func flush() {
    guard let socket else { return }
    do throws(Errno) {
      let before = output.byteCount
      try output.write(to: socket.descriptor)
      if output.byteCount < before || stallTimer == nil { restartStallTimer() }
    } catch {
      return close()
    }
    if output.isEmpty, !whenDrained.isEmpty { scheduleDrained() }
  }

  /// From the loop, so that a long stream of replies does not nest.
  private func scheduleDrained() {
    loop.after(milliseconds: 0) { [weak self] in
      guard let self, output.isEmpty else { return }
      let bodies = whenDrained
      whenDrained = []
      for body in bodies { body() }
    }
  }

  private func restartStallTimer() {
    cancelStallTimer()
    if output.isEmpty { return }
    stallTimer = loop.after(milliseconds: limits.stallMilliseconds) { [weak self] in self?.closeForUnread() }
  }

  private func cancelStallTimer() {
    if let stallTimer { loop.cancel(stallTimer) }
    stallTimer = nil
  }

  private func closeForUnread() {
    server?.faults.unread += 1
    close()
  }

  /// Errors and hang-up are always reported; see epoll_ctl(2).
  private func watchForWhatIsNext() {
    guard let socket else { return }
    let readiness: Readiness =
      if !output.isEmpty { .writable } else if current == nil, !inputHasEnded { .readable } else { [] }
    try? loop.modify(socket.number, for: readiness)
  }
}
