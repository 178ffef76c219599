import CTransport
import Glibc
import LinuxIO
import TransportKit

/// The sockets of a port, on the interface that they use now. Control thread only: makes them, and remembers what it
/// made; the forwarding thread has them, or gets them with the next commit.
struct MulticastSockets {
  var settings: MulticastSettings
  private var binding: Binding?
  /// What the forwarding thread was told last.
  private var longestSegment = 0

  private struct Binding {
    var interface: UInt32
    var source: IPAddress
    /// The sockets' numbers; the forwarding thread owns them.
    var receiver: Int32
    var sender: Int32
  }

  init(_ settings: MulticastSettings) { self.settings = settings }

  /// What is to be kept of the port when this process ends; nil: it has no sockets.
  var heritage: Heritage? {
    binding.map { MulticastHeritage.keeping(receiver: $0.receiver, sender: $0.sender, interface: $0.interface) }
  }

  /// Takes over the sockets of the process before. Whether they still fit is seen when the network is.
  mutating func adopt(_ left: MulticastHeritage) {
    // It is a member, unless that process was killed in the middle of a change.
    try? MulticastSocket.join(settings.group, interface: left.interface, socket: left.receiver)
    // That process may have been sending a frame that was to stay whole.
    try? MulticastSocket.setFragmenting(true, family: settings.group.family, socket: left.sender)
    binding = Binding(
      interface: left.interface, source: left.source.address, receiver: left.receiver, sender: left.sender)
  }

  /// The index of the interface in use.
  var interface: UInt32? { binding?.interface }

  /// Makes what is missing to hear and send by that interface.
  /// - Parameter state: the port's then, for an address to send from.
  mutating func reach(
    _ interface: Interface, state: (IPAddress) -> PortState
  ) throws(MulticastObstacle) -> MulticastChange {
    let sender = try makeSender(interface)
    let source = try address(of: sender, interface)
    let change = MulticastChange(state: state(source.address))
    let longest = min(settings.longestPayload(of: interface), Int(UMBEL_LARGEST_SEGMENT))
    if longest != longestSegment { change.longestSegment = longest }
    if let binding, binding.interface == interface.index, binding.source == source.address {
      longestSegment = longest
      return change
    }

    var next = Binding(
      interface: interface.index, source: source.address, receiver: binding?.receiver ?? -1, sender: sender.number)
    if binding?.interface != interface.index {
      let receiver = try makeReceiver(interface)
      if settings.tuning.merges { merge(receiver.number, change) }
      // Leaving takes a lock of the network configuration: done here, so that the forwarding thread's close does not.
      if let binding { leave(binding) }
      next.receiver = receiver.number
      change.receiver = consume receiver
    }
    change.sender = consume sender
    change.source = source
    binding = next
    longestSegment = longest
    return change
  }

  private func merge(_ receiver: Int32, _ change: MulticastChange) {
    do throws(Errno) { try MulticastSocket.setMerging(true, socket: receiver) } catch {
      change.warnings.append("datagrams come in one by one, because the kernel refuses UDP_GRO: \(error)")
    }
  }

  /// The change to waiting for what is missing.
  mutating func wait(for obstacle: MulticastObstacle) -> MulticastChange {
    let change = MulticastChange(state: .waiting(obstacle.text, error: obstacle.code))
    if !obstacle.keepsSockets, let binding {
      leave(binding)
      self.binding = nil
      change.closesSockets = true
    }
    return change
  }

  private func makeSender(_ interface: Interface) throws(MulticastObstacle) -> Descriptor {
    do throws(Errno) {
      // The kernel does not choose a loopback address by itself: 127.0.0.1 and ::1 are of too small a scope.
      let loopback = interface.isLoopback ? IPAddress(settings.group.family == AF_INET ? "127.0.0.1" : "::1") : nil
      return try MulticastSocket.sender(
        settings.group, port: settings.port, interface: interface.index, source: settings.source ?? loopback,
        hops: settings.tuning.hops)
    } catch {
      switch error.code {
      case EADDRNOTAVAIL, ENETUNREACH, EINVAL:
        throw settings.source.map { MulticastObstacle(notLocal: $0) } ?? noAddress(interface)
      default:
        throw MulticastObstacle(
          text: "cannot send to \(settings.group) on \(interface.name): \(error)", code: error.code)
      }
    }
  }

  private func address(of sender: borrowing Descriptor, _ interface: Interface) throws(MulticastObstacle)
    -> SocketAddress
  {
    guard let source = try? SocketAddress(of: sender.number), !source.address.isUnspecified else {
      throw noAddress(interface)
    }
    return source
  }

  private func makeReceiver(_ interface: Interface) throws(MulticastObstacle) -> Descriptor {
    do throws(Errno) {
      return try MulticastSocket.receiver(settings.group, port: settings.port, interface: interface.index)
    } catch {
      let group = SocketAddress(settings.group, port: settings.port)
      switch error.code {
      case EADDRINUSE:
        throw MulticastObstacle(
          text: "another program has \(group) for itself: end it, or choose another port", code: error.code)
      case EACCES:
        throw MulticastObstacle(
          text: "port \(settings.port) needs a privilege: choose 1024 or more, or grant CAP_NET_BIND_SERVICE",
          code: error.code)
      default:
        throw MulticastObstacle(text: "cannot hear \(group) on \(interface.name): \(error)", code: error.code)
      }
    }
  }

  private func leave(_ binding: Binding) {
    // The interface may be gone, and its membership with it.
    try? MulticastSocket.leave(settings.group, interface: binding.interface, socket: binding.receiver)
  }

  private func noAddress(_ interface: Interface) -> MulticastObstacle {
    let family = settings.group.family == AF_INET ? "IPv4" : "IPv6"
    return MulticastObstacle(
      text: "interface \(interface.name) has no \(family) address to send from", code: EADDRNOTAVAIL)
  }
}

extension MulticastObstacle {
  init(notLocal source: IPAddress) {
    self.init(text: "source \(source) is not an address of this host", code: EADDRNOTAVAIL)
  }
}
