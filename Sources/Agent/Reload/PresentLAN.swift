import TransportHost

/// A LAN of the agent as it is, whoever made it: what a configuration is compared with.
package struct PresentLAN: Sendable {
  /// Its name and its own options; the doors and ports in it do not count.
  package let configuration: LanConfiguration
  /// Those that are open.
  package let doors: [PresentDoor]
  /// Those that were asked for by name; guests are not among them.
  package let ports: [PresentPort]
  /// The configuration has asked for it; otherwise it was made by hand.
  package let isConfigured: Bool
  /// The index of the forwarding thread that runs it.
  package let thread: Int

  package init(
    _ configuration: LanConfiguration, doors: [PresentDoor], ports: [PresentPort], isConfigured: Bool, thread: Int = 0
  ) {
    self.configuration = configuration
    self.thread = thread
    self.doors = doors
    self.ports = ports
    self.isConfigured = isConfigured
  }
}

/// A door as it is.
package struct PresentDoor: Sendable {
  package let configuration: DoorConfiguration
  /// The service manager has opened it: it stays, whatever the configuration says.
  package let isActivated: Bool

  package init(_ configuration: DoorConfiguration, isActivated: Bool = false) {
    self.configuration = configuration
    self.isActivated = isActivated
  }
}

/// A port as it is.
package struct PresentPort: Sendable {
  /// What it was opened with, or was changed to since.
  package let configuration: PortConfiguration
  /// As a LAN's.
  package let isConfigured: Bool
  /// It has failed, or ends: only opening it anew helps.
  package let isLost: Bool

  package init(_ configuration: PortConfiguration, isConfigured: Bool, isLost: Bool = false) {
    self.configuration = configuration
    self.isConfigured = isConfigured
    self.isLost = isLost
  }
}

extension Agent {
  /// All LANs but those that are ending.
  var present: [PresentLAN] {
    lans.filter { !$0.isEnding }.map { lan in
      PresentLAN(
        lan.configuration, doors: lan.doors.map { PresentDoor($0.configuration, isActivated: $0.isActivated) },
        ports: lan.ports.filter { $0.guest == nil }.map(\.present), isConfigured: lan.request == nil,
        thread: lan.thread.index)
    }
  }
}

extension ManagedPort {
  fileprivate var present: PresentPort {
    PresentPort(
      PortConfiguration(
        name: name, transport: transport.description.name, role: role, values: values, settings: settings,
        location: SourceLocation(file: path)),
      isConfigured: origin == .configuration, isLost: isLeaving)
  }
}
