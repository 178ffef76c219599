// The doors of a LAN, run by the control thread. What kind there is depends on the socket:
//
//   ListeningDoor   SOCK_STREAM, SOCK_SEQPACKET: each connection becomes a port (Unix paths, and TCP addresses)
//   DatagramDoor    SOCK_DGRAM: one socket for all; its transport tells the senders apart
//
// A door's name says who serves it. The same door may be open at several places, each a LANDoor of its own.

import CTransport
import Glibc
import LinuxIO
import SystemdSupport
import TransportHost

/// A door whose socket could not be made: a sentence.
struct DoorError: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String) { description = sentence }

  init(path: String, error: Errno) {
    description = "\(path) cannot be made: \(error)."
  }
}

/// A way into a LAN at one place.
class LANDoor {
  private(set) var configuration: DoorConfiguration
  let description: DoorDescription
  let transport: LoadedTransport
  /// Its place in the transport's door table.
  let index: Int
  unowned let lan: ManagedLAN
  /// Who may come in.
  private(set) var access: Access
  /// Where it is: a path, or a TCP address with its port.
  let place: String
  private var limiter = RecordLimiter()

  init(
    _ configuration: DoorConfiguration, _ index: Int, of transport: LoadedTransport, in lan: ManagedLAN
  ) throws(DoorError) {
    self.configuration = configuration
    self.index = index
    self.transport = transport
    self.lan = lan
    description = transport.description.doors[index]
    place = configuration.place(of: description, in: lan.directory)
    access = try configuration.access(otherwise: lan.agent.access)
  }

  final var name: String { description.name }

  /// Why nobody can come in for now; nil: it is open.
  var problem: String? { nil }

  /// Its listening socket, which outlives this process; nil: there is none, or the service manager keeps it anyway.
  var keptSocket: Int32? { nil }

  /// Its listening socket, if the service manager has made it, and what that calls it.
  var activated: StoredDescriptors.Entry? { nil }

  /// Its socket's file; nil: it is at a TCP address.
  var socketFile: DoorSocket? { nil }

  /// The service manager has opened it, whatever the configuration says.
  final var isActivated: Bool { activated != nil }

  /// The port of a datagram door's own.
  var ownPort: ManagedPort? { nil }

  /// Opens its own port anew, which is ending, on the forwarding thread that the LAN has now.
  func reopenPort() {}

  /// Where the transport may make sockets for its clients; nil: nowhere.
  final var directory: String? {
    lan.clientDirectory(of: description)
  }

  /// Ends the door and the handshakes under way; ports stay.
  func close() {}

  /// Lets in others from now on, or gives their ports other options. The place stays, and so does who is in.
  final func change(to new: DoorConfiguration) throws(DoorError) {
    access = try new.access(otherwise: lan.agent.access)
    configuration = new
    try socketFile?.setAccess(mode: new.mode, group: access.group)
  }

  /// Nobody comes in for now; who comes waits.
  func pause() {}

  /// A port or a handshake has ended, or a pause is over: there may be room again.
  func resume() {}

  /// One record about a client that is not let in; of many in a short time, some.
  final func refuse(_ identity: GuestIdentity, _ reason: String) {
    guard let suppressed = limiter.admit(now: monotonicNanoseconds()) else { return }
    let hint = suppressed == 0 ? "" : " (\(suppressed) other refusals were left out before)"
    lan.agent.journal.log(
      .warning, "LAN \(lan.name) refused a guest at door \(name) (\(identity.who)): \(reason)\(hint)",
      id: .guestRefused, fields: fields.merging([.peer: identity.field]) { $1 })
  }

  /// What names this door in a journal record.
  final var fields: [JournalField: String] { [.lan: lan.name, .door: name] }

  /// The options of its ports.
  final func values() throws(PluginProblem) -> [OptionValue] {
    if let values = configuration.values { return values }
    return try lan.agent.catalogue.defaults(of: transport)
  }

  /// Makes a port of a client.
  @discardableResult
  final func admit(_ client: DoorClient, _ identity: GuestIdentity) throws(PluginProblem) -> ManagedPort {
    try lan.addPort(
      name: lan.freeName(name), transport: transport, role: .guest, values: try values(), guest: identity,
      client: client)
  }
}

extension DoorConfiguration {
  /// Where the door is: a path, or a TCP address with its port.
  func place(of door: DoorDescription, in directory: String) -> String {
    switch place {
    case .standard: "\(directory)/\(door.path)"
    case .path(let path): path
    case .internet(let address): address.description
    }
  }

  /// Who may come in.
  /// - Throws: when this system does not have the group.
  func access(otherwise fallback: Access) throws(DoorError) -> Access {
    guard let access = Access(group: group, mode: mode, otherwise: fallback) else {
      throw DoorError("Door \(text): there is no group \(group ?? ""). Make it with `groupadd`, or name another.")
    }
    return access
  }
}
