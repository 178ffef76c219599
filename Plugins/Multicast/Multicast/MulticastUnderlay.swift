import CTransport
import Glibc
import LinuxIO
import TransportKit

/// The network below a trunk: finds the interface, by name or by the route of the group. Control thread only.
struct MulticastUnderlay: MulticastSide {
  var sockets: MulticastSockets

  init(_ settings: MulticastSettings) { sockets = MulticastSockets(settings) }

  private var settings: MulticastSettings { sockets.settings }

  mutating func evaluate() -> MulticastChange {
    do throws(MulticastObstacle) {
      let interface = try usableInterface()
      let group = SocketAddress(settings.group, port: settings.port)
      let text = "\(group) ttl \(settings.tuning.hops) on \(interface.name)"
      let whole = settings.wholeFrame(of: interface)
      return try sockets.reach(interface) { source in
        .up("\(text) (\(source))", mostPieces: 8, wholeFrame: whole, keepsWhole: true)
      }
    } catch {
      return sockets.wait(for: error)
    }
  }

  mutating func close() {}

  private func usableInterface() throws(MulticastObstacle) -> Interface {
    let interface = try lookUp { () throws(Errno) in
      guard let name = settings.interface else { return try routedInterface() }
      return try Interfaces.named(name)
    }
    guard let interface else { throw try absence() }
    guard interface.isUp else { throw MulticastObstacle(text: "interface \(interface.name) is down", code: ENETDOWN) }
    return interface
  }

  private func routedInterface() throws(Errno) -> Interface? {
    guard let index = try Interfaces.routing(to: settings.group, from: settings.source) else { return nil }
    return try Interfaces.numbered(index)
  }

  /// Why there is no interface. A route vanishes with an interface that goes down, the membership does not.
  private func absence() throws(MulticastObstacle) -> MulticastObstacle {
    if let name = settings.interface {
      return MulticastObstacle(text: "interface \(name) does not exist", code: ENODEV, keepsSockets: false)
    }
    if let index = sockets.interface {
      let interface = try lookUp { () throws(Errno) in try Interfaces.numbered(index) }
      if let interface, !interface.isUp {
        return MulticastObstacle(text: "interface \(interface.name) is down", code: ENETDOWN)
      }
    }
    let route = settings.group.family == AF_INET ? "224.0.0.0/4 dev IFACE" : "multicast ff00::/8 dev IFACE table local"
    return MulticastObstacle(
      text: "no route to \(settings.group): add one (ip route add \(route)), or set the option interface: IFACE",
      code: ENETUNREACH, keepsSockets: false)
  }

  private func lookUp(_ body: () throws(Errno) -> Interface?) throws(MulticastObstacle) -> Interface? {
    do throws(Errno) {
      return try body()
    } catch {
      if error.code == EINVAL, let source = settings.source { throw MulticastObstacle(notLocal: source) }
      throw MulticastObstacle(asking: error)
    }
  }
}
