package import AgentAPI
package import ManagementConsole

/// A guest as `guest list` shows it.
package struct GuestReport: Encodable {
  /// A network device of a guest.
  package struct Device: Encodable, Equatable {
    /// Inside the guest; empty: a port that belongs to no device that is known.
    package var name: String
    /// As the guest was told; empty: not known.
    package var words: String
    /// Nil: not known.
    package var isUp: Bool?
    /// Nil: none, or not known.
    package var lan: String?
    /// Nil: none yet, or not known.
    package var port: String?
  }

  package let umid: String
  package let directory: String
  package let processId: Int
  package let userId: Int?
  package let console: RunningGuest.Console
  package let kernel: String?
  package let uptimeSeconds: Int?
  /// Whether the agent knows it by its own words.
  package let announced: Bool
  /// The last panic or hang; empty: none that is known.
  package let trouble: String
  package let devices: [Device]

  package init(_ guest: RunningGuest, view: AgentView) {
    let process = HostProcess(guest.directory.processId)
    let announced = view.guests.first { $0.processId == Int(process.id) && $0.name == guest.directory.umid }
    umid = guest.directory.umid
    directory = guest.directory.path
    processId = Int(process.id)
    userId = process.userId.map(Int.init)
    console = guest.console
    kernel = guest.version?.release
    uptimeSeconds = guest.uptimeSeconds
    self.announced = announced != nil
    trouble = announced?.trouble ?? ""
    let ports = view.ports.filter { port in
      port.peer?.processId.map { HostProcess(Int32(clamping: $0)).belongs(to: process) } ?? false
    }
    let started = GuestDevice.all(in: process.words ?? [])
    let later = guest.directory.plugged.filter { device in !started.contains { $0.name == device.name } }
    devices = Self.devices(started + later, up: guest.up, ports: ports, view: view)
  }

  /// Joins what a guest says of its devices with what the agent says of the guest's ports.
  /// - Parameters:
  ///   - known: devices whose words are known.
  ///   - up: names of those that are up, also of others; nil: not known.
  ///   - ports: the ports of the guest's processes.
  /// - Returns: the devices by their words, then the others by name, then the ports that belong to none of them.
  package static func devices(
    _ known: [GuestDevice], up: Set<String>?, ports: [Port], view: AgentView
  ) -> [Device] {
    var rest = ports
    var devices = known.map { device in
      var row = Device(name: device.name, words: device.words, isUp: up?.contains(device.name))
      row.locate(device.link, &rest, view)
      return row
    }
    let others = (up ?? []).subtracting(known.map(\.name)).sorted()
    let lans = Set(rest.map(\.lan))
    for name in others {
      var row = Device(name: name, words: "", isUp: true)
      // Which of several ports is whose cannot be told; that they are all of one LAN can.
      if lans.count == 1 { row.lan = lans.first }
      if others.count == 1, rest.count == 1 { row.port = rest.removeFirst().name }
      devices.append(row)
    }
    if !others.isEmpty, lans.count == 1 { rest = [] }
    return devices + rest.map { Device(name: "", words: "", isUp: nil, lan: $0.lan, port: $0.name) }
  }
}

extension GuestReport.Device {
  /// Finds the LAN, and takes the port out of `ports`.
  fileprivate mutating func locate(_ link: GuestDevice.Link, _ ports: inout [Port], _ view: AgentView) {
    switch link {
    case .group(let address, let udpPort):
      let group = view.groups.first { $0.address == address && $0.udpPort == udpPort }
      (lan, port) = (group?.lan, group?.port)
    case .socket(let path):
      for found in view.lans {
        guard let door = found.doors.first(where: { $0.path == path }) else { continue }
        lan = found.name
        guard isUp != false else { return }
        take(&ports) { $0.lan == found.name && $0.peer?.door == door.name }
      }
    case .descriptor: take(&ports) { $0.peer?.door == nil }
    case .other: break
    }
  }

  private mutating func take(_ ports: inout [Port], where condition: (Port) -> Bool) {
    guard let index = ports.firstIndex(where: condition) else { return }
    let found = ports.remove(at: index)
    (lan, port) = (found.lan, found.name)
  }
}
