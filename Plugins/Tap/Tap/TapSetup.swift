import CTransport
import Ethernet
import Glibc
import LinuxIO
import TransportKit

/// What the forwarding thread is to take over, and what the host is to be told then.
struct TapChange {
  /// nil with `changesDevice`: none.
  var device: TapHandle?
  /// Whether the forwarding thread is to take over `device`.
  var changesDevice = false
  /// Whether something was done for a guest, which the forwarding thread need not know.
  var changesRoute = false
  let state: PortState
  /// What this agent may not do.
  var commands: [String] = []

  /// Whether the host is to commit, and then asks again what is to be kept of the port.
  var needsCommit: Bool { changesDevice || changesRoute }
}

/// The device of a port: attaches it, makes it what the configuration says, and says what is missing. Control thread
/// only; the forwarding thread has the handle as well.
struct TapSetup {
  private let settings: TapSettings
  /// What was attached last.
  private var device: TapHandle?
  private var offloads: TapDevice.Offloads = []
  /// Whether MAC address, MTU and being up are still to be set.
  private var lacksLink = false
  /// Whether addresses are still to be set; those of IPv6 vanish when a device goes down.
  private var lacksAddresses = false
  /// Why there is no device.
  private var obstacle: TapObstacle?
  private var route: GuestRoute?

  init(_ settings: TapSettings) {
    self.settings = settings
    route = settings.guest.map { GuestRoute(to: $0) }
  }

  /// What is to be kept of the port when this process ends; nil: it has no device.
  var heritage: Heritage? { device.map { TapHeritage.keeping($0, route) } }

  /// Takes over what the process before has left, before the first look: that sees to the device as to any that was there
  /// already.
  /// - Returns: false: the descriptor stays the caller's, for its device was deleted.
  mutating func adopt(_ left: TapHeritage) -> Bool {
    route = left.route
    guard let name = try? TapDevice.name(attachedTo: left.descriptor), let found = try? Interfaces.named(name),
      found.index == left.index
    else {
      // What was done to the device went with it.
      route?.undo(on: nil)
      return false
    }
    let device = TapHandle(TapDevice(adopting: Descriptor(owning: left.descriptor), name: name), index: left.index)
    // It did all this before.
    try? take(device)
    return true
  }

  /// Why to look.
  enum Reason { case open, retry, interfaces }

  /// Compares the device with what it is to be, and does what is missing.
  /// - Throws: for `open` only: the configuration cannot be carried out.
  mutating func evaluate(_ reason: Reason) throws(TransportProblem) -> TapChange {
    let (former, formerRoute) = (device, route)
    var tasks = AdministratorTasks()
    var state: PortState
    do throws(TapObstacle) {
      state = try configure(try attached(reason), &tasks)
      obstacle = nil
    } catch {
      obstacle = error
      if reason == .open, let option = error.faultyOption {
        release()
        throw TransportProblem(error.text, option: option, code: error.code)
      }
      state = .waiting(error.text, error: error.code)
    }
    return TapChange(
      device: device, changesDevice: device !== former, changesRoute: route != formerRoute, state: state,
      commands: tasks.commands)
  }

  /// Undoes what was done to the host, and lets go of the device.
  mutating func release() {
    route?.undo(on: device.flatMap { try? Interfaces.numbered($0.index) })
    device = nil
  }

  // MARK: Attaching

  private mutating func attached(_ reason: Reason) throws(TapObstacle) -> TapHandle {
    if let device {
      if try lookUp(device.index) != nil { return device }
      release()
      throw TapObstacle("\(device.name) has been deleted", code: ENODEV)
    }
    let present = settings.device.flatMap { try? Interfaces.named($0) }
    // A device that was deleted comes back at the next try: who deletes it wants to see it gone.
    if reason == .interfaces, present == nil, let obstacle { throw obstacle }
    let device: TapHandle
    do throws(TapDevice.Failure) {
      device = try attach()
    } catch {
      throw TapObstacle(error, name: settings.device, present: present)
    }
    do throws(Errno) {
      try take(device)
    } catch {
      throw TapObstacle("\(device.name) cannot be set up: \(error)", code: error.code)
    }
    return device
  }

  /// Makes a device this port's.
  private mutating func take(_ device: TapHandle) throws(Errno) {
    try device.keep(settings)
    offloads = try device.negotiate(settings.offload ? [.checksum, .tcp, .udp] : [])
    self.device = device
    lacksLink = true
    lacksAddresses = true
  }

  private func attach() throws(TapDevice.Failure) -> TapHandle {
    let tap = try TapDevice(attaching: settings.device, hasHeader: true)
    let found: Interface?
    do throws(Errno) { found = try Interfaces.named(tap.name) } catch { throw .device(error) }
    guard let found else { throw .device(Errno(ENODEV)) }
    return TapHandle(tap, index: found.index)
  }

  private func lookUp(_ index: UInt32) throws(TapObstacle) -> Interface? {
    do throws(Errno) {
      return try Interfaces.numbered(index)
    } catch {
      throw TapObstacle("cannot ask the kernel about interfaces: \(error)", code: error.code)
    }
  }

  // MARK: Configuring

  private mutating func configure(
    _ device: TapHandle, _ tasks: inout AdministratorTasks
  ) throws(TapObstacle) -> PortState {
    guard let before = try lookUp(device.index) else {
      throw TapObstacle("\(device.name) has been deleted", code: ENODEV)
    }
    if lacksLink {
      try prepareLink(before, &tasks)
      lacksLink = !tasks.commands.isEmpty
    }
    try joinBridge(before, &tasks)
    guard let link = try lookUp(device.index) else {
      throw TapObstacle("\(device.name) has been deleted", code: ENODEV)
    }
    guard link.isUp else {
      lacksAddresses = true
      throw TapObstacle("\(link.name) is down: run sudo ip link set \(link.name) up", code: ENETDOWN)
    }
    if lacksAddresses { lacksAddresses = try !addAddresses(link, &tasks) }
    try route?.establish(on: link, &tasks)
    return state(of: link, tasks)
  }

  private func prepareLink(_ link: Interface, _ tasks: inout AdministratorTasks) throws(TapObstacle) {
    let prefix = "ip link set \(link.name)"
    if let mac = settings.mac ?? settings.derivedMAC, mac.octets != link.hardwareAddress {
      var unneeded = AdministratorTasks()
      let body = { () throws(NetlinkRefusal) in
        try Interfaces.change(link.index, InterfaceChange(hardwareAddress: mac.octets))
      }
      if settings.mac != nil {
        try tasks.attempt("\(prefix) address \(mac)", body)
      } else {
        try unneeded.attempt("\(prefix) address \(mac)", body)
      }
    }
    if let mtu = settings.mtu, mtu != link.mtu {
      try tasks.attempt("\(prefix) mtu \(mtu)") { () throws(NetlinkRefusal) in
        try Interfaces.change(link.index, InterfaceChange(mtu: mtu))
      }
    }
    if !link.isUp {
      try tasks.attempt("\(prefix) up") { () throws(NetlinkRefusal) in
        try Interfaces.change(link.index, InterfaceChange(isUp: true))
      }
    }
  }

  private func joinBridge(_ link: Interface, _ tasks: inout AdministratorTasks) throws(TapObstacle) {
    guard let name = settings.bridge else { return }
    guard let bridge = try? Interfaces.named(name) else {
      throw TapObstacle("there is no bridge \(name): run sudo ip link add \(name) type bridge", code: ENODEV)
    }
    guard bridge.kind == "bridge" else {
      throw TapObstacle("\(name) is not a bridge: name another", code: EINVAL, faultyOption: "bridge")
    }
    if link.master == bridge.index { return }
    try tasks.attempt("ip link set \(link.name) master \(name)") { () throws(NetlinkRefusal) in
      try Interfaces.change(link.index, InterfaceChange(master: bridge.index))
    }
  }

  /// - Returns: whether the device has them all.
  private func addAddresses(_ link: Interface, _ tasks: inout AdministratorTasks) throws(TapObstacle) -> Bool {
    let present = (try? Interfaces.addresses(of: link.index)) ?? []
    var hasAll = true
    for address in settings.addresses where !present.contains(address) {
      let isDone = try tasks.attempt("ip address add \(address) dev \(link.name)") { () throws(NetlinkRefusal) in
        try Interfaces.add(address, to: link.index)
      }
      hasAll = hasAll && isDone
    }
    return hasAll
  }

  // MARK: The state

  private func state(of link: Interface, _ tasks: AdministratorTasks) -> PortState {
    var text = "\(link.name) mtu \(link.mtu)"
    if offloads.contains(.tcp) { text += offloads.contains(.udp) ? ", TCP and UDP offload" : ", TCP offload" }
    if let bridge = settings.bridge { text += ", bridge \(bridge)" }
    if let guest = settings.guest { text += ", route to \(guest)" }
    if let first = tasks.commands.first {
      text += "; lacks CAP_NET_ADMIN, run \(first)"
      if tasks.commands.count > 1 { text += " and \(tasks.commands.count - 1) more, see the log" }
    }
    var takes: PortState.Offloads = []
    if offloads.contains(.checksum) { takes.insert(.checksum) }
    if offloads.contains(.tcp) { takes.formUnion([.tcpIPv4, .tcpIPv6]) }
    if offloads.contains(.udp) { takes.insert(.udp) }
    // An Ethernet header and a VLAN tag.
    let largest = min(UInt32(link.mtu) + 18, UMBEL_LARGEST_SEGMENT)
    return .up(text, largestFrame: largest, mostPieces: UInt32(TapForwarder.mostPieces), offloads: takes)
  }
}
