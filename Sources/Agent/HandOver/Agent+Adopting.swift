import CTransport
import Ethernet
import Glibc
import LinuxIO
import SystemdSupport
import TransportHost

// How an agent takes over LANs from the process before: the configuration decides what there is, and what was kept of it
// goes on. See HandOverState for what that is.

extension Agent {
  /// What was kept of a port of the configuration; nil: nothing, or it is to be another now.
  func record(of port: PortConfiguration, in lan: String) -> HandOverState.Port? {
    guard let record = inheritance.lan(named: lan)?.ports.first(where: { $0.name == port.name }),
      record.guest == nil, let transport = catalogue.transport(named: port.transport),
      record.isOf(transport.description, port.role, port.values)
    else { return nil }
    return record
  }

  /// Lets go of what was kept of ports that the configuration wants otherwise by now, or not at all: what is opened anew
  /// would meet it, because a device or a UDP port is taken as long as there is a copy.
  func dropChanged(_ configuration: Configuration) {
    for former in inheritance.state.lans {
      let wanted = configuration.lans.first { $0.name == former.name }?.ports ?? []
      for old in former.ports where old.origin == .configuration {
        if wanted.contains(where: { record(of: $0, in: former.name) == old }) { continue }
        for kept in inheritance.heritage(of: old)?.kept ?? [] { close(kept.descriptor) }
        keeper.discard(old)
      }
    }
  }

  /// Gives the guests of the process before their ports again.
  func adoptGuests(of lan: ManagedLAN) {
    guard let former = inheritance.lan(named: lan.name) else { return }
    lan.guestNumbers = former.guestNumbers
    for record in former.ports where record.origin == .guest {
      do throws(PluginProblem) {
        try adopt(record, in: lan)
      } catch {
        journal.log(
          .warning, "\(lan.name)/\(record.name) is not taken over: \(error.text)", id: .adoptionFailed,
          fields: [.lan: lan.name, .port: record.name, .transport: record.transport])
      }
    }
  }

  private func adopt(_ record: HandOverState.Port, in lan: ManagedLAN) throws(PluginProblem) {
    guard let guest = record.guest, let transport = catalogue.transport(named: record.transport) else {
      throw PluginProblem(error: ENOENT, text: "there is no transport \(record.transport)")
    }
    let index = guest.door.flatMap { door in transport.description.doors.firstIndex { $0.name == door } }
    if let door = guest.door, index == nil {
      throw PluginProblem(error: ENOENT, text: "transport \(record.transport) has no door \(door)")
    }
    let client = unsafe DoorClient(
      adopting: guest.socketType, door: index.map { UInt32($0) }, peer: guest.identity.peer,
      directory: index.flatMap { lan.clientDirectory(of: transport.description.doors[$0]) }, transport: transport.table)
    // As a reload does it: what the configuration has given to another port is not the guest's name any more.
    let name = lan.port(named: record.name) == nil ? record.name : lan.freeName(guest.door ?? "run")
    let port = try lan.addPort(
      name: name, transport: transport, role: record.isTrunk ? .trunk : .guest,
      values: try record.values(of: transport.description), guest: guest.identity, client: client, adopting: record)
    port.door = lan.doors.lazy.compactMap { $0 as? DatagramDoor }.first { $0.name == guest.door }
    if let caller = inheritance.caller(of: record) {
      follow(caller, port)
      inheritance.confirm(caller, of: record)
    }
  }

  /// Ends the port with a process; at once, if that is gone already.
  func follow(_ process: Box<Descriptor>, _ port: ManagedPort) {
    do throws(Errno) {
      try port.endWithProcess(process)
    } catch {
      port.record(
        .warning, "\(port.path) cannot be ended with its process: \(error)", id: .adoptionFailed,
        fields: [.errno: "\(error.code)"])
    }
  }

  /// Puts the stations of the process before into the FDBs, behind the ports of the same name.
  func restoreStations() {
    var found: [String: [KeptStation]] = [:]
    for station in inheritance.stations where inheritance.state.lans.indices.contains(station.lan) {
      let former = inheritance.state.lans[station.lan]
      guard former.ports.indices.contains(station.port),
        let port = lan(named: former.name)?.port(named: former.ports[station.port].name),
        // The configuration may have given a guest's name to another port.
        (port.guest == nil) == (former.ports[station.port].guest == nil)
      else { continue }
      found[former.name, default: []].append(
        KeptStation(
          vlan: station.vlan, address: MACAddress(truncating: station.macAddress), port: port.number,
          ageSeconds: station.ageSeconds))
    }
    for (name, stations) in found { lan(named: name)?.restore(stations) }
  }
}

extension HandOverState.Port {
  /// Whether a port that is to be so can go on with what was kept: all is the same but options that may change any time.
  func isOf(_ description: TransportDescription, _ role: PortRole, _ values: [OptionValue]) -> Bool {
    guard transport == description.name, isTrunk == (role == .trunk) else { return false }
    let wanted = description.texts(of: values)
    return description.options.allSatisfy { $0.isLive || options[$0.name] == wanted[$0.name] }
  }

  /// The transport's options, as far as this version of it has them.
  func values(of description: TransportDescription) throws(PluginProblem) -> [OptionValue] {
    let given = options.filter { name, _ in description.options.contains { $0.name == name } }
    do {
      return try description.options.values(of: given, of: description.name)
    } catch {
      throw PluginProblem(error: EINVAL, text: "its options are not those of transport \(description.name)")
    }
  }
}

extension ManagedLAN {
  /// Puts stations into the FDB, a part at a time: frames wait meanwhile.
  func restore(_ stations: [KeptStation]) {
    for start in stride(from: 0, to: stations.count, by: 4_096) {
      let part = Array(stations[start..<min(start + 4_096, stations.count)])
      thread.post(
        unsafe ForwardingCommand(.restoreStations(context, part)) { [self] _ in withExtendedLifetime(self) {} })
    }
  }
}
