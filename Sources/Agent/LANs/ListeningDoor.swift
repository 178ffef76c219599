// A door: a listening socket of a LAN. Clients that have connected and not finished the transport's handshake are few
// and have a deadline; a finished one becomes a port of its own.
//
// Closing the connection of a UML bess guest makes that guest spin on a core, so whom a door cannot serve yet is not
// accepted and turned away, but waits in the backlog: the socket's mode keeps out those without a right to it.

import CTransport
import Glibc
import LinuxIO
import SystemdSupport
import TransportHost

/// A door whose socket could not be made.
struct DoorError: Error, CustomStringConvertible {
  let path: String
  let error: Errno

  var description: String { "\(path) cannot be made: \(error)." }
}

/// A listening socket by which guests come into a LAN.
final class ListeningDoor {
  /// Clients in the middle of the handshake at most.
  static let mostHalfOpen = 64
  /// How long a handshake may take.
  static let handshakeMilliseconds: UInt64 = 5_000

  let path: String
  var name: String { description.name }

  private let description: DoorDescription
  /// Where the transport may make sockets for its clients; nil: nowhere.
  private let directory: String?
  private let index: Int
  private let transport: LoadedTransport
  private unowned let lan: ManagedLAN
  private let listener: Descriptor
  private var halfOpen: [Int32: HalfOpen] = [:]
  private var isParked = false
  private var isClosed = false
  private var hasSaidWhy = false
  private var limiter = RecordLimiter()

  private struct HalfOpen {
    let client: DoorClient
    let identity: GuestIdentity
    let deadline: ControlLoop.Timer
  }

  init(_ index: Int, of transport: LoadedTransport, in lan: ManagedLAN) throws(DoorError) {
    self.index = index
    self.transport = transport
    self.lan = lan
    description = transport.description.doors[index]
    path = "\(lan.directory)/\(description.path)"
    directory = description.hasOwnDirectory ? description.directories.last.map { "\(lan.directory)/\($0)" } : nil
    do throws(Errno) {
      listener = try UnixSocket.listen(
        at: path, kind: description.socketType == SOCK_STREAM.rawValue ? .stream : .seqpacket, mode: 0o660,
        group: lan.agent.access.group, backlog: 1_024)
      try lan.agent.loop.watch(listener.number) { [unowned self] _ in self.accept() }
    } catch {
      throw DoorError(path: path, error: error)
    }
  }

  /// Ends the door and the handshakes under way.
  func close() {
    if !isParked { lan.agent.loop.unwatch(listener.number) }
    isClosed = true
    for number in Array(halfOpen.keys) { drop(number) }
    unsafe unlink(path)
  }

  /// Accepts again after a port or a handshake has ended.
  func resume() {
    guard isParked, !isClosed, halfOpen.count < Self.mostHalfOpen, lan.hasRoom else { return }
    do throws(Errno) {
      try lan.agent.loop.watch(listener.number) { [unowned self] _ in self.accept() }
      isParked = false
    } catch {
      lan.agent.journal.log(.error, "\(path) cannot be watched: \(error)", fields: [.lan: lan.name])
    }
  }

  private func park() {
    guard !isParked else { return }
    lan.agent.loop.unwatch(listener.number)
    isParked = true
  }

  private func accept() {
    do throws(Errno) {
      // A bounded number a turn: the loop has other work too.
      for _ in 0..<64 {
        guard halfOpen.count < Self.mostHalfOpen else { return park() }
        guard lan.hasRoom else { return park(because: "the LAN has as many ports as it can") }
        guard lan.agent.hasSpareDescriptors else { throw Errno(EMFILE) }
        guard let connection = try UnixSocket.accept(from: listener) else {
          hasSaidWhy = false
          return
        }
        begin(connection)
      }
    } catch {
      // Out of descriptors or memory: the door tries again with the next that leaves, or in a second.
      park(because: "\(error)")
      lan.agent.loop.after(milliseconds: 1_000) { [weak self] in self?.resume() }
    }
  }

  /// Leaves clients in the backlog; says so once, until all have come in.
  private func park(because reason: String) {
    park()
    if hasSaidWhy { return }
    hasSaidWhy = true
    lan.agent.journal.log(
      .warning, "guests wait at \(path): \(reason)", id: .guestRefused, fields: [.lan: lan.name])
  }

  private func begin(_ connection: consuming Descriptor) {
    guard let peer = try? PeerCredentials(of: connection) else { return }
    guard lan.agent.access.mayAttach(peer) else {
      return refuse(
        GuestIdentity(userId: peer.userId, groupId: peer.groupId, processId: peer.processId, door: name),
        "user \(peer.userId) is neither root, nor the agent's user, nor a member of group umbel")
    }
    let identity = GuestIdentity(
      userId: peer.userId, groupId: peer.groupId, processId: peer.processId, door: description.name)
    let client = unsafe DoorClient(
      descriptor: connection, socketType: description.socketType, door: UInt32(index), user: peer.userId,
      group: peer.groupId, process: peer.processId, directory: directory, transport: transport.table)
    shake(client, identity)
  }

  /// Goes on with a client's handshake.
  private func shake(_ client: DoorClient, _ identity: GuestIdentity) {
    do throws(PluginProblem) {
      if try unsafe transport.accept(client.client) {
        finish(client)
        let values = try lan.agent.catalogue.defaults(of: transport)
        try lan.addPort(
          name: lan.freeName(name), transport: transport, role: .guest, values: values, guest: identity, client: client)
      } else if halfOpen[client.descriptor] == nil {
        wait(for: client, identity)
      }
    } catch {
      finish(client)
      refuse(identity, error.text)
    }
  }

  private func wait(for client: DoorClient, _ identity: GuestIdentity) {
    let number = client.descriptor
    let watched: Void? = try? lan.agent.loop.watch(number) { [unowned self] _ in
      if let entry = self.halfOpen[number] { self.shake(entry.client, entry.identity) }
    }
    guard watched != nil else { return refuse(identity, "its connection cannot be watched") }
    let deadline = lan.agent.loop.after(milliseconds: Self.handshakeMilliseconds) { [weak self] in
      guard let self, let entry = self.halfOpen[number] else { return }
      self.drop(number)
      self.refuse(entry.identity, "it did not finish its handshake in time")
    }
    halfOpen[number] = HalfOpen(client: client, identity: identity, deadline: deadline)
  }

  private func finish(_ client: DoorClient) { drop(client.descriptor) }

  private func drop(_ number: Int32) {
    guard let entry = halfOpen.removeValue(forKey: number) else { return }
    lan.agent.loop.unwatch(number)
    lan.agent.loop.cancel(entry.deadline)
    resume()
  }

  private func refuse(_ identity: GuestIdentity, _ reason: String) {
    guard let suppressed = limiter.admit(now: monotonicNanoseconds()) else { return }
    let who = "(user \(identity.userId), process \(identity.processId))"
    let hint = suppressed == 0 ? "" : " (\(suppressed) other refusals were left out before)"
    lan.agent.journal.log(
      .warning, "LAN \(lan.name) refused a guest at door \(name) \(who): \(reason)\(hint)", id: .guestRefused,
      fields: [.lan: lan.name, .peer: "\(identity.processId)"])
  }
}
