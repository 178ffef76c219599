// A door whose clients connect. Those that have connected and not finished the transport's handshake are few and have a
// deadline; a finished one becomes a port of its own.
//
// The table of half-open clients is full only when somebody connects and says nothing, many times: then the oldest goes,
// and whoever speaks gets through. Closing the connection of a UML bess guest makes that guest spin on a core, so whom a
// LAN has no port for is not accepted and turned away, but waits in the backlog: the socket's mode keeps out those
// without a right to it.
//
// A TCP address may be absent or taken for a while: the door then waits and tries again after 1, 2, 4 … 30 s. A TCP peer
// has no credentials: whoever can connect is a guest.

import CTransport
import Glibc
import LinuxIO
import SystemdSupport
import TransportHost

/// A listening socket by which guests come into a LAN.
final class ListeningDoor: LANDoor {
  /// Clients in the middle of the handshake at most.
  static let mostHalfOpen = 256
  /// How long a handshake may take.
  static let handshakeMilliseconds: UInt64 = 5_000

  /// nil: at a TCP address.
  private var file: DoorSocket?
  /// nil: at a path, or not listening yet.
  private var tcpListener: Box<Descriptor>?
  private var halfOpen: [Int32: HalfOpen] = [:]
  /// Keys of `halfOpen`, oldest first.
  private var order: [Int32] = []
  /// Half-open clients that made room for others.
  private var droppedForRoom = 0
  private var nextCrowdRecord: UInt64 = 0
  private var isParked = false
  private var isClosed = false
  private var activatedName: String?
  private var hasSaidWhy = false
  private var waitingLimiter = RecordLimiter()
  private var waitingReason: String?
  private var retrySeconds: UInt64 = 1

  private struct HalfOpen {
    let client: DoorClient
    let identity: GuestIdentity
    let deadline: ControlLoop.Timer
  }

  override init(
    _ configuration: DoorConfiguration, _ index: Int, of transport: LoadedTransport, in lan: ManagedLAN
  ) throws(DoorError) {
    try super.init(configuration, index, of: transport, in: lan)
    if case .internet(let address) = configuration.place {
      listen(at: address)
      return
    }
    let file = try DoorSocket.open(
      at: place, kind: description.socketType == SOCK_STREAM.rawValue ? .stream : .seqpacket,
      configuration: configuration, group: access.group, in: lan)
    self.file = file
    do throws(Errno) {
      try watch()
    } catch {
      file.removeFile()
      throw DoorError(path: place, error: error)
    }
  }

  override var problem: String? { waitingReason }

  override var keptSocket: Int32? { isActivated ? nil : listener }

  override var activated: StoredDescriptors.Entry? {
    guard let name = file?.activatedName ?? activatedName, let listener else { return nil }
    return StoredDescriptors.Entry(name: name, number: listener)
  }

  override var socketFile: DoorSocket? { file }

  override func close() {
    isClosed = true
    stopWatching()
    for number in order { drop(number) }
    file?.removeFile()
    // A TCP port is free for the next only when nobody listens.
    tcpListener = nil
  }

  override func pause() {
    park()
    // A port of theirs would not be among what is handed over.
    for number in order { lan.agent.loop.unwatch(number) }
  }

  override func resume() {
    if !isClosed, !lan.agent.isHandingOver { for number in order { watchHandshake(of: number) } }
    guard isParked, !isClosed, lan.hasRoom, !lan.agent.isHandingOver else { return }
    do throws(Errno) {
      try watch()
      isParked = false
      waitingReason = nil
    } catch {
      note(waiting: "it cannot be watched: \(error)", error)
    }
  }

  // MARK: Listening

  private var listener: Int32? { file?.descriptor.number ?? tcpListener?.value.number }

  private func watch() throws(Errno) {
    guard let listener else { return }
    try lan.agent.loop.watch(listener) { [unowned self] _ in self.accept() }
  }

  private func stopWatching() {
    if !isParked, let listener { lan.agent.loop.unwatch(listener) }
  }

  /// Tries to listen at a TCP address, now and until it succeeds.
  private func listen(at address: SocketAddress) {
    guard !isClosed else { return }
    do throws(Errno) {
      tcpListener = Box(try makeListener(at: address))
      try watch()
      if waitingReason != nil {
        lan.agent.journal.log(
          .notice, "door \(name) of LAN \(lan.name) listens at \(place)", id: .doorListens, fields: fields)
      }
      waitingReason = nil
    } catch {
      tcpListener = nil
      note(waiting: Self.reason(error, address), error)
      lan.agent.loop.after(milliseconds: retrySeconds * 1_000) { [weak self] in self?.listen(at: address) }
      retrySeconds = min(retrySeconds * 2, 30)
    }
  }

  private func makeListener(at address: SocketAddress) throws(Errno) -> Descriptor {
    guard let listener = lan.agent.inheritance.listener(at: place) else {
      return try InternetSocket.listen(at: address, backlog: 1_024)
    }
    activatedName = listener.activatedName
    let descriptor = listener.takeDescriptor()
    try descriptor.setNonBlocking()
    return descriptor
  }

  private func note(waiting reason: String, _ error: Errno) {
    guard waitingReason != reason else { return }
    waitingReason = reason
    lan.agent.journal.log(
      .warning, "door \(name) of LAN \(lan.name) waits for \(place): \(reason)", id: .doorWaiting,
      fields: fields.merging([.errno: "\(error.code)"]) { $1 })
  }

  private static func reason(_ error: Errno, _ address: SocketAddress) -> String {
    switch error.code {
    case EADDRNOTAVAIL: "this host does not have the address; `ip address` shows those it has"
    case EADDRINUSE: "another program listens there; `ss -ltnp sport = :\(address.port)` shows which"
    case EACCES: "ports below 1024 are for root; use another, or grant CAP_NET_BIND_SERVICE"
    default: "\(error)"
    }
  }

  // MARK: Clients

  private func park() {
    guard !isParked, let listener else { return }
    lan.agent.loop.unwatch(listener)
    isParked = true
  }

  private func accept() {
    do throws(Errno) {
      // A bounded number a turn: the loop has other work too.
      for _ in 0..<64 {
        guard lan.hasRoom else { return park(because: "the LAN has as many ports as it can") }
        guard lan.agent.hasSpareDescriptors else { throw Errno(EMFILE) }
        guard let connection = try next() else {
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

  /// The next connection; nil: none waits.
  private func next() throws(Errno) -> Descriptor? {
    if let file { return try UnixSocket.accept(from: file.descriptor) }
    guard let tcpListener else { return nil }
    return try UnixSocket.accept(from: tcpListener.value)
  }

  /// Leaves clients in the backlog; says so once, until all have come in.
  private func park(because reason: String) {
    park()
    if hasSaidWhy { return }
    guard let suppressed = waitingLimiter.admit(now: monotonicNanoseconds()) else { return }
    hasSaidWhy = true
    let hint = RecordLimiter.hint(leftOut: suppressed)
    lan.agent.journal.log(
      .warning, "guests wait at \(place): \(reason)\(hint)", id: .guestsWaiting, fields: fields)
  }

  private func begin(_ connection: consuming Descriptor) {
    let identity: GuestIdentity
    if tcpListener != nil {
      // One that is gone already has no address any more.
      guard let peer = try? InternetSocket.peer(of: connection) else { return }
      identity = GuestIdentity(.internet(peer.description), door: name)
    } else {
      guard let peer = try? PeerCredentials(of: connection) else { return }
      identity = GuestIdentity(peer, door: name)
      guard access.mayAttach(peer) else { return refuse(identity, access.reason(against: peer)) }
    }
    let client = unsafe DoorClient(
      descriptor: connection, socketType: description.socketType, door: UInt32(index), peer: identity.peer,
      directory: directory, transport: transport.table)
    shake(client, identity)
  }

  /// Goes on with a client's handshake.
  private func shake(_ client: DoorClient, _ identity: GuestIdentity) {
    do throws(PluginProblem) {
      if try unsafe transport.accept(client.client) {
        drop(client.descriptor)
        try admit(client, identity)
      } else if halfOpen[client.descriptor] == nil {
        wait(for: client, identity)
      }
    } catch {
      drop(client.descriptor)
      refuse(identity, error.text)
    }
  }

  private func wait(for client: DoorClient, _ identity: GuestIdentity) {
    if let oldest = order.first, order.count == Self.mostHalfOpen { dropForRoom(oldest) }
    let number = client.descriptor
    guard watchHandshake(of: number) else { return refuse(identity, "its connection cannot be watched") }
    let deadline = lan.agent.loop.after(milliseconds: Self.handshakeMilliseconds) { [weak self] in
      self?.drop(number, because: "it did not finish its handshake in time")
    }
    halfOpen[number] = HalfOpen(client: client, identity: identity, deadline: deadline)
    order.append(number)
  }

  /// - Returns: false: it cannot be watched, or is already.
  @discardableResult
  private func watchHandshake(of number: Int32) -> Bool {
    let watched: Void? = try? lan.agent.loop.watch(number) { [unowned self] _ in
      if let entry = self.halfOpen[number] { self.shake(entry.client, entry.identity) }
    }
    return watched != nil
  }

  /// The oldest half-open client makes room for one more: one record a minute, whatever the crowd does.
  private func dropForRoom(_ oldest: Int32) {
    guard let identity = halfOpen[oldest]?.identity else { return }
    drop(oldest)
    droppedForRoom += 1
    let now = monotonicNanoseconds()
    guard now >= nextCrowdRecord else { return }
    nextCrowdRecord = now + 60_000_000_000
    lan.agent.journal.log(
      .warning,
      "\(Self.mostHalfOpen) clients at \(place) have not finished their handshake; the oldest goes when one more comes (\(droppedForRoom) so far, the last \(identity.who))",
      id: .guestRefused, fields: fields.merging([.peer: identity.field]) { $1 })
  }

  private func drop(_ number: Int32, because reason: String) {
    guard let identity = halfOpen[number]?.identity else { return }
    drop(number)
    refuse(identity, reason)
  }

  /// Takes a client out of the table; its connection goes with the last reference to it.
  private func drop(_ number: Int32) {
    guard let entry = halfOpen.removeValue(forKey: number) else { return }
    order.removeAll { $0 == number }
    lan.agent.loop.unwatch(number)
    lan.agent.loop.cancel(entry.deadline)
  }
}
