import Glibc
import LinuxIO
import TransportKit

/// The network below a guest port: this host's programs that use the group themselves, such as `eth0=mcast`.
///
/// They join on the interface that the route of the group names, and send by it with TTL 1. A route of the group alone
/// through `lo` wins over 224.0.0.0/4 for both: nothing leaves the host, and the LAN's trunk carries the frames instead.
///
///     the route of the group                      the port
///     through lo, whoever made it                 on lo
///     elsewhere or none, and this agent may       adds the route; on lo
///     elsewhere, and it may not                   on that interface, where it takes frames of this host alone; the
///                                                 guests' datagrams leave the host as well: the state names the command
///     none, and it may not                        waits: no guest can send
///
/// On `lo` nothing foreign can arrive. The port itself sends with TTL 0, which the host's own members hear and no other.
///
/// A program that had joined elsewhere before there was a route takes part all the same: it sends by the new route, and
/// Linux hands what arrives on `lo` to every socket bound to the group unless that has cleared IP_MULTICAST_ALL, which
/// neither User Mode Linux nor QEMU does. But it still hears other hosts where it joined; that is said, with the remedy.
///
/// The route carries a mark of its own, so that an agent takes over what a former one has left, and removes no other.
/// Control thread only.
struct MulticastGuestSide: MulticastSide {
  /// `rtm_protocol` of the routes that agents make: above RTPROT_STATIC, named in no rt_protos of iproute2.
  static let maker: UInt8 = 117
  /// The same in every network namespace.
  private static let loopbackIndex: UInt32 = 1

  var sockets: MulticastSockets
  /// What the forwarding thread has, or gets with the next commit.
  private var accepted = AcceptedSenders.everyone

  init(_ settings: MulticastSettings) { sockets = MulticastSockets(settings) }

  private var settings: MulticastSettings { sockets.settings }

  /// Where the guests' datagrams go.
  private enum Way {
    /// They stay.
    case home
    /// They leave by an interface, until somebody does what is said.
    case away(UInt32, Remedy)
  }

  private struct Remedy {
    let reason: String
    let command: String
  }

  mutating func evaluate() -> MulticastChange {
    do throws(MulticastObstacle) {
      let loopback = try usable(MulticastGuestSide.loopbackIndex)
      switch try way(loopback) {
      case .home: return try stay(loopback)
      case .away(let index, let remedy): return try follow(try usable(index), remedy)
      }
    } catch {
      return sockets.wait(for: error)
    }
  }

  mutating func close() {
    // There may be none, or one of somebody else's, or this agent may not.
    try? Interfaces.remove(route)
  }

  private var route: Interfaces.HostRoute {
    var route = Interfaces.HostRoute(to: settings.group, through: MulticastGuestSide.loopbackIndex)
    route.maker = MulticastGuestSide.maker
    // Otherwise the guests of a host without another address would send from 0.0.0.0.
    route.isOfHost = true
    return route
  }

  private func usable(_ index: UInt32) throws(MulticastObstacle) -> Interface {
    let found: Interface?
    do throws(Errno) { found = try Interfaces.numbered(index) } catch { throw MulticastObstacle(asking: error) }
    guard let found else { throw MulticastObstacle(text: "the interface of \(settings.group) is gone", code: ENODEV) }
    if found.isUp { return found }
    throw MulticastObstacle(
      text: "interface \(found.name) is down: run sudo ip link set \(found.name) up", code: ENETDOWN)
  }

  private func way(_ loopback: Interface) throws(MulticastObstacle) -> Way {
    if try routed() == loopback.index { return .home }
    let remedy: Remedy
    let place = "\(settings.group)/32 dev \(loopback.name)"
    do throws(NetlinkRefusal) {
      _ = try Interfaces.add(route)
      // There was one of exactly this group: somebody wants it elsewhere.
      remedy = Remedy(
        reason: "a route leads \(settings.group) elsewhere", command: "sudo ip route replace \(place)")
    } catch {
      guard [EPERM, EACCES].contains(error.error.code) else {
        throw MulticastObstacle(text: "cannot add the route \(place): \(error)", code: error.error.code)
      }
      remedy = Remedy(reason: "this agent lacks CAP_NET_ADMIN", command: "sudo ip route add \(place)")
    }
    switch try routed() {
    case loopback.index: return .home
    case let other?: return .away(other, remedy)
    case nil:
      throw MulticastObstacle(
        text: "guests have no route to \(settings.group): run \(remedy.command)", code: ENETUNREACH,
        keepsSockets: false)
    }
  }

  private func routed() throws(MulticastObstacle) -> UInt32? {
    do throws(Errno) { return try Interfaces.routing(to: settings.group) } catch {
      throw MulticastObstacle(asking: error)
    }
  }

  private mutating func stay(_ loopback: Interface) throws(MulticastObstacle) -> MulticastChange {
    let group = SocketAddress(settings.group, port: settings.port)
    let change = try sockets.reach(loopback) { _ in .up("\(group) on \(loopback.name)", mostPieces: 8) }
    accept(.everyone, change)
    for name in GroupMembers.interfaces(of: settings.group) where name != loopback.name {
      change.warnings.append(
        "a program of this host has joined \(settings.group) on \(name), where it still hears other hosts: "
          + "if it is a guest, set its link down and up")
    }
    return change
  }

  private mutating func follow(_ interface: Interface, _ remedy: Remedy) throws(MulticastObstacle) -> MulticastChange {
    let local: [IPAddress]
    do throws(Errno) { local = try Interfaces.allAddresses().map(\.prefix.address) } catch {
      throw MulticastObstacle(asking: error)
    }
    let group = SocketAddress(settings.group, port: settings.port)
    let text = "\(group) on \(interface.name), by which guests' frames leave this host: run \(remedy.command)"
    let change = try sockets.reach(interface) { _ in .up(text, mostPieces: 8) }
    accept(.only(local), change)
    change.tasks += ["\(remedy.reason): run \(remedy.command)"]
    return change
  }

  private mutating func accept(_ senders: AcceptedSenders, _ change: MulticastChange) {
    if senders == accepted { return }
    accepted = senders
    change.accepts = senders
  }
}
