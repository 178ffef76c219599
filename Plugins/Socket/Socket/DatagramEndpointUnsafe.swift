// The datagram door: many guests, one bound socket.
//
// Theory of operation
//   A guest is the address that its socket is bound to, abstract or a path, together with the credentials that come with
//   each message. Two kinds of port share one endpoint, which owns the socket:
//
//     DatagramDoorPort    the door's own: receives for all and is sent nothing; counts what belongs to no guest
//     DatagramGuestPort   one for each sender that the host has let in
//
//   free --unknown sender: client_arrived--> announced --open, start--> admitted --gone: closing, stop--> free
//                                                └---abandon--> refused --5 s--> free
//
//   A guest that the process before has let in is put into the table as admitted, by its address and credentials, when its
//   port begins. Until then it is unknown; if it has been announced meanwhile, the host learns that it has its port.
//
//   Frames of senders that are not admitted yet, or not at all, are dropped and counted. A sender without an address is
//   nobody that could be answered. A relative path leads nowhere from here. At a path a guest could put a link to a
//   socket that the agent may write to and the guest may not: frames go to the file that was there when the guest was let
//   in, and only if it is the guest's.
//   Datagram sockets do not tell their peers that they are closed. A guest ends when sending to it says so, or when a
//   probe of those that were quiet for a second does: connect(2) of a scratch socket, which sends nothing.
//
//   Known limits: the kernel takes 11 frames (net.unix.max_dgram_qlen) that the agent has not read yet, of all guests
//   together; as many to one that is not connected to the door. Frames to connected ones are bounded by the door's send
//   buffer, which they share.
//
// Limits: 256 senders, 64 messages a call, 14 to 9,216 bytes a frame.

import CLinux
import Glibc
import LinuxIO
package import TransportKit

/// The socket of a datagram door and its senders.
@safe
package final class DatagramEndpoint: TransportEndpoint {
  /// Of the door's own port.
  private let host: HostPort
  private let door: Int
  let socket: Int32
  /// What the socket is bound to.
  let name: UnixAddress
  private let scratch: Int32
  private let forwarder: UnsafeMutablePointer<DatagramForwarder>
  private var senders: [DatagramSender] = []
  private var nextTick = UInt64.max
  private var hasNotedRelativeName = false

  /// - Parameters:
  ///   - socket: owned from here on.
  ///   - name: what it is bound to.
  init(_ socket: Int32, name: UnixAddress, scratch: Int32, door: Int, idleSeconds: Int, host: HostPort) {
    self.socket = socket
    self.name = name
    self.scratch = scratch
    self.door = door
    self.host = host
    unsafe forwarder = .allocate(capacity: 1)
    unsafe forwarder.initialize(to: DatagramForwarder(scratch: scratch, idleSeconds: idleSeconds))
    super.init()
    senders = (0..<DatagramSenders.capacity).map { DatagramSender(self, index: $0) }
  }

  deinit {
    _ = Glibc.close(socket)
    _ = Glibc.close(scratch)
    unsafe forwarder.deinitialize(count: 1)
    unsafe forwarder.deallocate()
  }

  package override func descriptors(_ list: inout DescriptorList) { list.append(socket) }

  package override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    unsafe forwarder.pointee.receive(from: socket, into: &batch, for: self)
  }

  package override var deadline: UInt64 { nextTick }

  package override func tick(now: UInt64) {
    unsafe forwarder.pointee.tick(self)
    nextTick = unsafe forwarder.pointee.senders.used > 0 ? now &+ 1_000_000_000 : .max
  }

  package override func ready(token: UInt64, events: UInt32) {
    // Reading an error clears it, so that the descriptor does not report it for ever.
    _ = try? socketOption(socket, SOL_SOCKET, SO_ERROR)
  }

  // MARK: For the forwarder

  /// Tells the host of a new sender.
  func announce(_ index: Int, _ credentials: SenderCredentials) -> Bool {
    beginTicking()
    senders[index].renew()
    return host.clientArrived(
      door: door, user: credentials.user, group: credentials.group, process: credentials.process,
      state: senders[index])
  }

  /// At once: while the table is empty nothing ticks.
  private func beginTicking() {
    if nextTick == .max { nextTick = 0 }
  }

  /// The sender was announced, and has an adopted port now.
  func supersede(_ index: Int) { senders[index].supersede() }

  /// Whether the host has refused the sender.
  func takeAbandoned(_ index: Int) -> Bool {
    senders[index].takeAbandoned()
  }

  /// Says once what such a guest has to do.
  func noteRelativeName() {
    if hasNotedRelativeName { return }
    hasNotedRelativeName = true
    host.log(
      .warning, "a guest's socket is bound to a relative path, where no frame can be sent: give it an absolute one")
  }

  // MARK: For the ports

  /// Forwarding thread.
  func start(_ index: Int, port: UInt32, target: [UInt8], host: HostPort) {
    if unsafe !forwarder.pointee.start(index, port: port, target: target, host: host) {
      host.report(.closing(DatagramEnding.gone.text))
    }
  }

  /// Forwarding thread. A guest's port begins that the process before has let in.
  /// - Returns: its place; nil: there is none, and the port was told to end.
  func adopt(
    _ address: UnixAddress, _ credentials: SenderCredentials, port: UInt32, target: [UInt8], host: HostPort
  ) -> Int? {
    beginTicking()
    let index = unsafe forwarder.pointee.adopt(address, credentials, self)
    guard let index else {
      host.report(.closing(DatagramEnding.replaced.text))
      return nil
    }
    start(index, port: port, target: target, host: host)
    return index
  }

  /// Forwarding thread.
  func stop(_ index: Int) { unsafe forwarder.pointee.stop(index) }

  /// Forwarding thread.
  func send(_ frames: SendBatch, to index: Int) -> SendOutcome {
    unsafe forwarder.pointee.send(frames, to: index, from: socket, self)
  }

  /// Forwarding thread. - Parameter index: nil: of what belongs to no sender.
  func report(_ index: Int?, to counters: inout CounterList) {
    if let index {
      unsafe forwarder.pointee.report(index, to: &counters)
    } else {
      unsafe forwarder.pointee.report(to: &counters)
    }
  }

  /// Control thread, while the sender is announced: the forwarding thread leaves its name alone then.
  func address(of index: Int) -> UnixAddress {
    let length = unsafe forwarder.pointee.senders.slots[index].nameLength
    let bytes = unsafe UnsafeRawBufferPointer(start: forwarder.pointee.senders.name(of: index), count: length)
    guard let address = unsafe UnixAddress(Array(bytes)) else {
      preconditionFailure("the kernel names senders of a Unix socket by Unix addresses")
    }
    return address
  }
}
