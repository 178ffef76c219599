// The control interface's server: Varlink (https://varlink.org) on the control loop.
//
//   VarlinkServer      listens, bounds how many connect
//   VarlinkConnection  bytes to requests, replies to bytes, one request at a time
//   VarlinkCall        one request of org.umbel.Agent, in the hands of the handler until it is answered
//
// A connection is in one of three states. It reads in the first only, so that a client that asks much and reads nothing is
// held back by its own socket:
//
//   reading -- request --> called -- last reply --> writing -- all bytes gone --> reading
//
// `called` lasts as long as the handler likes. When the client goes away meanwhile, the call stays in the handler's hands
// and its replies are dropped; what it had sent behind that request is dropped too. A client that sends what is no message, or one that is too large, is closed, and so is one
// that leaves too many bytes unread, or any for too long. Requests that came before that are carried out.
//
// Descriptors that clients send are never taken: the kernel closes them (`UnixSocket.read`).

import AgentAPI
import Glibc
package import LinuxIO

/// Serves `org.umbel.Agent` on local sockets. Used by the control thread only.
package final class VarlinkServer {
  /// What clients can take of the agent.
  package struct Limits: Sendable {
    /// Connections at one time.
    package var connections = 256
    /// Connections of one user at one time; root's are bounded by `connections` alone.
    package var connectionsPerUser = 64
    /// Connections that only root may have: everybody may connect, and must not keep root out.
    package var connectionsForRoot = 32
    /// Bytes of one message, either way.
    package var messageBytes = 1 << 20
    /// Bytes of replies that wait for one client.
    package var queuedBytes = 4 << 20
    /// How long a client may read nothing while replies wait.
    package var stallMilliseconds: UInt64 = 30_000

    package init() {}
  }

  /// What clients did that they should not have.
  package struct Faults: Hashable, Sendable {
    /// Connections over a limit.
    package var overLimit = 0
    /// Messages that are none, or too large.
    package var malformed = 0
    /// Clients that did not read.
    package var unread = 0
  }

  /// Counted since the start.
  package internal(set) var faults = Faults()

  let loop: ControlLoop
  let limits: Limits
  let introspection: VarlinkIntrospection
  /// Not retained: the handler owns the server.
  unowned let handler: any VarlinkHandler
  private var listeners: [VarlinkSocket] = []
  private var connections: [Int32: VarlinkConnection] = [:]

  /// Serves nothing yet.
  /// - Parameters:
  ///   - handler: not retained; must live as long as the server.
  ///   - version: the agent's, as GetInfo shows it.
  package init(loop: ControlLoop, handler: any VarlinkHandler, version: String, limits: Limits = Limits()) {
    self.loop = loop
    self.handler = handler
    self.limits = limits
    introspection = VarlinkIntrospection(version: version)
  }

  deinit { stop() }

  /// Listens at `path`; see `UnixSocket.listen` for the parameters and what it throws.
  package func listen(at path: String, mode: UInt32, group: UInt32? = nil) throws(Errno) {
    try serve(listener: try UnixSocket.listen(at: path, kind: .stream, mode: mode, group: group))
  }

  /// Accepts clients from a socket that listens already, non-blocking, such as the service manager's.
  package func serve(listener descriptor: consuming Descriptor) throws(Errno) {
    let listener = VarlinkSocket(descriptor)
    try watch(listener)
    listeners.append(listener)
  }

  /// Serves one client: a connected stream socket, non-blocking.
  /// - Throws: when the kernel does not say who it is, or the loop does not take it; the socket is closed then.
  package func serve(connection descriptor: consuming Descriptor) throws(Errno) {
    let peer = try PeerCredentials(of: descriptor)
    if let (subject, limit) = exceededLimit(for: peer) { return refuse(descriptor, subject, limit: limit) }
    let socket = VarlinkSocket(descriptor)
    connections[socket.number] = try VarlinkConnection(server: self, socket: socket, peer: peer)
  }

  /// Ends all listening and all connections; calls in the handler's hands are cancelled. Files of sockets stay.
  package func stop() {
    for listener in listeners { loop.unwatch(listener.number) }
    listeners = []
    for connection in connections.values { connection.close() }
    connections = [:]
  }

  /// Accepts nobody for now; who comes waits.
  func pause() { for listener in listeners { loop.unwatch(listener.number) } }

  /// Accepts clients again.
  func resume() { for listener in listeners { try? watch(listener) } }

  /// How many clients are connected.
  package var connectionCount: Int { connections.count }

  func forget(_ number: Int32) { connections[number] = nil }

  private func watch(_ listener: VarlinkSocket) throws(Errno) {
    try loop.watch(listener.number) { [weak self, weak listener] _ in
      if let self, let listener { accept(from: listener) }
    }
  }

  private func accept(from listener: VarlinkSocket) {
    do throws(Errno) {
      // A bounded number a round, so that other descriptors get their turn.
      for _ in 0..<16 {
        guard let socket = try UnixSocket.accept(from: listener.descriptor) else { return }
        try serve(connection: socket)
      }
    } catch {
      // Out of descriptors or memory: clients still wait, and polling would spin.
      loop.unwatch(listener.number)
      loop.after(milliseconds: 100) { [weak self, weak listener] in
        if let self, let listener { try? watch(listener) }
      }
    }
  }

  /// The limit that keeps `peer` out; nil: there is room.
  private func exceededLimit(for peer: PeerCredentials) -> (subject: String, limit: Int)? {
    let most = peer.userId == 0 ? limits.connections : limits.connections - limits.connectionsForRoot
    if connections.count >= most { return ("connections to the agent", most) }
    let own = connections.values.count { $0.peer.userId == peer.userId }
    if peer.userId == 0 || own < limits.connectionsPerUser { return nil }
    return ("connections of one user to the agent", limits.connectionsPerUser)
  }

  private func refuse(_ socket: borrowing Descriptor, _ subject: String, limit: Int) {
    faults.overLimit += 1
    let error = AgentError.limitReached(subject, limit: limit, remedy: "Close one of them and try again.")
    _ = try? UnixSocket.write(Message.encode(Message.Reply(error: error.name, parameters: error))[...], to: socket)
  }
}
