import Glibc
import LinuxIO
import TransportKit

/// Makes this host the way to a guest behind a TAP, as the helper uml_net of User Mode Linux did: a route to its address,
/// proxy ARP on the TAP (the guest takes the host for every neighbour), published ARP on the other interfaces (the
/// neighbours take the host for the guest), and forwarding. Control thread only.
///
/// Undoes exactly what it did: what was there before stays. Over a restart all stays in place, and the next process knows
/// what to undo.
struct GuestRoute: Equatable {
  private let guest: IPAddress
  private var hasAddedRoute = false
  private var hasSetProxyARP = false
  private var holdsForwarding = false
  /// The interfaces that got an entry.
  private var published: Set<UInt32> = []

  /// Interfaces that the next process learns of at most.
  private static let mostTold = 300

  init(to guest: IPAddress) { self.guest = guest }

  /// Takes over what the process before has done.
  /// - Parameter done: its ``done``.
  /// - Throws: ``Heritage/unreadable``.
  init(to guest: IPAddress, done lines: some Sequence<String>) throws(TransportProblem) {
    self.guest = guest
    var former: IPv4Forwarding.Former?
    for line in lines {
      let words = line.split(separator: " ", omittingEmptySubsequences: false).map { String($0) }
      switch (words[0], words.count) {
      case ("route", 1): hasAddedRoute = true
      case ("proxy-arp", 1): hasSetProxyARP = true
      case ("published", 2...):
        let indices = words.dropFirst().compactMap { UInt32($0) }
        guard indices.count == words.count - 1 else { throw Heritage.unreadable }
        published = Set(indices)
      case ("forwarding", 1...):
        former = IPv4Forwarding.Former(words.dropFirst())
        if former == nil { throw Heritage.unreadable }
      default: throw Heritage.unreadable
      }
    }
    if let former {
      IPv4Forwarding.adopt(former)
      holdsForwarding = true
    }
  }

  /// What was done, line by line, for the process after this one.
  var done: [String] {
    var lines: [String] = []
    if hasAddedRoute { lines.append("route") }
    if hasSetProxyARP { lines.append("proxy-arp") }
    let told = published.sorted().prefix(GuestRoute.mostTold).map { "\($0)" }
    if !told.isEmpty { lines.append((["published"] + told).joined(separator: " ")) }
    if holdsForwarding { lines.append((["forwarding"] + IPv4Forwarding.former.words).joined(separator: " ")) }
    return lines
  }

  /// Does what is missing; called again whenever an interface has changed.
  mutating func establish(on tap: Interface, _ tasks: inout AdministratorTasks) throws(TapObstacle) {
    try addRoute(tap, &tasks)
    try setProxyARP(tap, &tasks)
    if !holdsForwarding {
      var isHeld = false
      try tasks.attempt("sysctl -w net.ipv4.ip_forward=1") { () throws(NetlinkRefusal) in
        isHeld = try IPv4Forwarding.acquire()
      }
      holdsForwarding = isHeld
    }
    try publish(tap, &tasks)
  }

  private mutating func addRoute(_ tap: Interface, _ tasks: inout AdministratorTasks) throws(TapObstacle) {
    let command = "ip route add \(guest)/32 dev \(tap.name)"
    let isThere = leads(to: tap)
    do throws(NetlinkRefusal) {
      if try Interfaces.add(Interfaces.HostRoute(to: guest, through: tap.index)) { hasAddedRoute = true }
    } catch {
      // One of the device's own network will do.
      if error.error.code == EPERM { return isThere ? () : tasks.note(command) }
      throw TapObstacle("\(command) fails: \(error)", code: error.error.code)
    }
    if !leads(to: tap) { tasks.note("ip route replace \(guest)/32 dev \(tap.name)") }
  }

  private func leads(to tap: Interface) -> Bool { (try? Interfaces.routing(to: guest)) == tap.index }

  private func proxyARPFile(_ name: String) -> String { "/proc/sys/net/ipv4/conf/\(name)/proxy_arp" }

  private mutating func setProxyARP(_ tap: Interface, _ tasks: inout AdministratorTasks) throws(TapObstacle) {
    let file = proxyARPFile(tap.name)
    if hasSetProxyARP || TextFile.read(file)?.first == "1" { return }
    hasSetProxyARP = try tasks.attempt("sysctl -w net/ipv4/conf/\(tap.name)/proxy_arp=1") {
      () throws(NetlinkRefusal) in
      do throws(Errno) { try TextFile.write("1", to: file) } catch { throw NetlinkRefusal(error: error) }
    }
  }

  private mutating func publish(_ tap: Interface, _ tasks: inout AdministratorTasks) throws(TapObstacle) {
    let guest = self.guest
    for interface in (try? Interfaces.all()) ?? []
    where interface.isUp && interface.hasARP && interface.index != tap.index {
      let index = interface.index
      if (try? Interfaces.publishes(guest, on: index)) == true { continue }
      let isDone = try tasks.attempt("ip neigh add proxy \(guest) dev \(interface.name)") {
        () throws(NetlinkRefusal) in try Interfaces.publish(guest, on: index)
      }
      if isDone { published.insert(index) }
    }
  }

  /// Takes back what was done.
  /// - Parameter tap: the TAP, nil: it is gone, and what was done to it.
  mutating func undo(on tap: Interface?) {
    // An interface may be gone or down, and its entry with it.
    for index in published { try? Interfaces.unpublish(guest, on: index) }
    published = []
    if let tap, hasAddedRoute { try? Interfaces.remove(Interfaces.HostRoute(to: guest, through: tap.index)) }
    if let tap, hasSetProxyARP { try? TextFile.write("0", to: proxyARPFile(tap.name)) }
    if holdsForwarding { IPv4Forwarding.release() }
    self = GuestRoute(to: guest)
  }
}
