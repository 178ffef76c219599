import CLinux
import Glibc
import LinuxIO
import TransportKit

/// What the forwarding thread is to take over, and what the host is to be told then.
///
/// A class, because the optimizer of Swift 6.3.1 does not come to an end on an optional noncopyable property of a class.
final class MulticastChange {
  var receiver: Descriptor?
  var sender: Descriptor?
  /// Where the new sender sends from.
  var source: SocketAddress?
  /// Whether the sockets in force are to be closed without others.
  var closesSockets = false
  /// Live options that have changed.
  var tuning: (hops: Int32, bufferBytes: Int)?
  let state: PortState

  init(state: PortState) { self.state = state }

  var changesForwarding: Bool { receiverNumber >= 0 || senderNumber >= 0 || closesSockets || tuning != nil }

  /// The new receiver's number, -1 without one.
  var receiverNumber: Int32 {
    switch receiver {
    case .some(let descriptor): descriptor.number
    case nil: -1
    }
  }

  /// The new sender's number, -1 without one.
  var senderNumber: Int32 {
    switch sender {
    case .some(let descriptor): descriptor.number
    case nil: -1
    }
  }
}

/// The network below a trunk: finds the interface and makes the sockets. Control thread only.
struct MulticastUnderlay {
  var settings: MulticastSettings
  /// What was made last; the forwarding thread has it, or gets it with the next commit.
  private var binding: Binding?

  private struct Binding {
    var interface: UInt32
    var source: IPAddress
    /// The receiver's number; the forwarding thread owns it.
    var receiver: Int32
  }

  /// Why frames cannot pass now.
  private struct Obstacle: Error {
    let text: String
    var code: Int32 = 0
    /// Whether what is in force stays so, because the kernel keeps its membership.
    var keepsSockets = true
  }

  init(_ settings: MulticastSettings) { self.settings = settings }

  /// Compares the network with what is in force and makes what is missing.
  mutating func evaluate() -> MulticastChange {
    do throws(Obstacle) {
      return try reach(try usableInterface())
    } catch {
      let change = MulticastChange(state: .waiting(error.text, error: error.code))
      if !error.keepsSockets, let binding {
        leave(binding)
        self.binding = nil
        change.closesSockets = true
      }
      return change
    }
  }

  private mutating func reach(_ interface: Interface) throws(Obstacle) -> MulticastChange {
    let sender = try makeSender(interface)
    let source = try address(of: sender, interface)
    let group = SocketAddress(settings.group, port: settings.port)
    let change = MulticastChange(
      state: .up("\(group) ttl \(settings.hops) on \(interface.name) (\(source.address))", mostPieces: 8))
    if let binding, binding.interface == interface.index, binding.source == source.address { return change }

    var next = Binding(interface: interface.index, source: source.address, receiver: binding?.receiver ?? -1)
    if binding?.interface != interface.index {
      let receiver = try makeReceiver(interface)
      // Leaving takes a lock of the network configuration: done here, so that the forwarding thread's close does not.
      if let binding { leave(binding) }
      next.receiver = receiver.number
      change.receiver = consume receiver
    }
    change.sender = consume sender
    change.source = source
    binding = next
    return change
  }

  // MARK: The interface

  private func usableInterface() throws(Obstacle) -> Interface {
    let interface = try lookUp { () throws(Errno) in
      guard let name = settings.interface else { return try routedInterface() }
      return try Interfaces.named(name)
    }
    guard let interface else { throw try absence() }
    guard interface.isUp else { throw Obstacle(text: "interface \(interface.name) is down", code: ENETDOWN) }
    return interface
  }

  private func routedInterface() throws(Errno) -> Interface? {
    guard let index = try Interfaces.routing(to: settings.group, from: settings.source) else { return nil }
    return try Interfaces.numbered(index)
  }

  /// Why there is no interface. A route vanishes with an interface that goes down, the membership does not.
  private func absence() throws(Obstacle) -> Obstacle {
    if let name = settings.interface {
      return Obstacle(text: "interface \(name) does not exist", code: ENODEV, keepsSockets: false)
    }
    if let index = binding?.interface {
      let interface = try lookUp { () throws(Errno) in try Interfaces.numbered(index) }
      if let interface, !interface.isUp {
        return Obstacle(text: "interface \(interface.name) is down", code: ENETDOWN)
      }
    }
    let route = settings.group.family == AF_INET ? "224.0.0.0/4 dev IFACE" : "multicast ff00::/8 dev IFACE table local"
    return Obstacle(
      text: "no route to \(settings.group): add one (ip route add \(route)), or set the option interface: IFACE",
      code: ENETUNREACH, keepsSockets: false)
  }

  private func lookUp(_ body: () throws(Errno) -> Interface?) throws(Obstacle) -> Interface? {
    do throws(Errno) {
      return try body()
    } catch {
      if error.code == EINVAL, let source = settings.source { throw notLocal(source) }
      throw Obstacle(text: "cannot ask the kernel about interfaces: \(error)", code: error.code)
    }
  }

  // MARK: The sockets

  private func makeSender(_ interface: Interface) throws(Obstacle) -> Descriptor {
    do throws(Errno) {
      // The kernel does not choose a loopback address by itself: 127.0.0.1 and ::1 are of too small a scope.
      let loopback = interface.isLoopback ? IPAddress(settings.group.family == AF_INET ? "127.0.0.1" : "::1") : nil
      return try MulticastSocket.sender(
        settings.group, port: settings.port, interface: interface.index, source: settings.source ?? loopback,
        hops: settings.hops)
    } catch {
      switch error.code {
      case EADDRNOTAVAIL, ENETUNREACH, EINVAL:
        throw settings.source.map { notLocal($0) } ?? noAddress(interface)
      default:
        throw Obstacle(text: "cannot send to \(settings.group) on \(interface.name): \(error)", code: error.code)
      }
    }
  }

  private func address(of sender: borrowing Descriptor, _ interface: Interface) throws(Obstacle) -> SocketAddress {
    guard let source = try? SocketAddress(of: sender.number), !source.address.isUnspecified else {
      throw noAddress(interface)
    }
    return source
  }

  private func makeReceiver(_ interface: Interface) throws(Obstacle) -> Descriptor {
    do throws(Errno) {
      return try MulticastSocket.receiver(settings.group, port: settings.port, interface: interface.index)
    } catch {
      let group = SocketAddress(settings.group, port: settings.port)
      switch error.code {
      case EADDRINUSE:
        throw Obstacle(
          text: "another program has \(group) for itself: end it, or choose another port", code: error.code)
      case EACCES:
        throw Obstacle(
          text: "port \(settings.port) needs a privilege: choose 1024 or more, or grant CAP_NET_BIND_SERVICE",
          code: error.code)
      default:
        throw Obstacle(text: "cannot hear \(group) on \(interface.name): \(error)", code: error.code)
      }
    }
  }

  private func leave(_ binding: Binding) {
    // The interface may be gone, and its membership with it.
    try? MulticastSocket.leave(settings.group, interface: binding.interface, socket: binding.receiver)
  }

  private func notLocal(_ source: IPAddress) -> Obstacle {
    Obstacle(text: "source \(source) is not an address of this host", code: EADDRNOTAVAIL)
  }

  private func noAddress(_ interface: Interface) -> Obstacle {
    let family = settings.group.family == AF_INET ? "IPv4" : "IPv6"
    return Obstacle(text: "interface \(interface.name) has no \(family) address to send from", code: EADDRNOTAVAIL)
  }
}
