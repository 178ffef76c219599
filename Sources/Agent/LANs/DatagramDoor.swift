// A door whose clients all send datagrams to the one socket. A port of the door's own receives for all of them, on the
// forwarding thread; its transport tells the senders apart, and announces those that it does not know:
//
//   client_arrived (forwarding) -> arrived (control): may it come in?  yes: open, a port on the door's endpoint
//                                                                      no: abandon, one record
//
// A datagram has no SO_PEERCRED: each message comes with the credentials of its sender (SCM_CREDENTIALS), and they say
// nothing of supplementary groups; those are read from /proc.

import CTransport
import Glibc
import LinuxIO
import SystemdSupport
import TransportHost

/// A datagram socket by which guests come into a LAN.
final class DatagramDoor: LANDoor {
  private let file: DoorSocket
  private var port: ManagedPort?
  private var isClosed = false

  override init(
    _ configuration: DoorConfiguration, _ index: Int, of transport: LoadedTransport, in lan: ManagedLAN
  ) throws(DoorError) {
    let path = configuration.place(of: transport.description.doors[index], in: lan.directory)
    file = try DoorSocket.open(
      at: path, kind: .datagram, configuration: configuration,
      group: try configuration.access(otherwise: lan.agent.access).group, in: lan)
    try super.init(configuration, index, of: transport, in: lan)
    do {
      try openPort()
    } catch {
      file.removeFile()
      throw DoorError("\(place) cannot be opened: \(error).")
    }
  }

  private func openPort() throws {
    let client = unsafe DoorClient(
      descriptor: try file.descriptor.duplicate(), socketType: description.socketType, door: UInt32(index),
      peer: .local(userId: geteuid(), groupId: getegid(), processId: getpid()), directory: directory,
      transport: transport.table)
    port = try lan.addDoorPort(of: self, client: client)
  }

  override func reopenPort() {
    do {
      try openPort()
    } catch {
      lan.agent.journal.log(.error, "\(place) cannot be opened: \(error)", id: .portFailed, fields: fields)
    }
  }

  override var keptSocket: Int32? { file.activatedName != nil ? nil : file.descriptor.number }

  override var activated: StoredDescriptors.Entry? {
    file.activatedName.map { StoredDescriptors.Entry(name: $0, number: file.descriptor.number) }
  }

  override var socketFile: DoorSocket? { file }

  override var ownPort: ManagedPort? { port }

  override var problem: String? {
    guard let port, port.state == .failed || port.state == .closing else { return nil }
    return port.text.isEmpty ? "its transport has closed it" : port.text
  }

  override func close() {
    isClosed = true
    file.removeFile()
  }

  /// A sender that has no port has sent something.
  /// - Parameter heard: the port of this door that has received it; one that has been replaced admits nobody.
  func arrived(_ sender: DatagramClient, at heard: ManagedPort) {
    let peer = PeerCredentials(sendersProcess: sender.process, user: sender.user, group: sender.group)
    let identity = GuestIdentity(peer, door: name)
    // Abandoned with the last reference, unless a port has taken it over.
    let client = unsafe DoorClient(
      sender: sender.state, door: UInt32(index), peer: identity.peer, transport: transport.table)
    if isClosed || heard !== port { return }
    guard access.mayAttach(peer) else { return refuse(identity, access.reason(against: peer)) }
    guard lan.agent.hasSpareDescriptors else { return refuse(identity, "\(Errno(EMFILE))") }
    do throws(PluginProblem) {
      try admit(client, identity).door = self
    } catch {
      // It sent before the port that the process before has given it was there again: it is a guest.
      if error.error != EEXIST { refuse(identity, error.text) }
    }
  }
}
