import Switching
import TransportHost

// What may change while a LAN runs. Who is in stays in.

extension ManagedLAN {
  /// Takes over other options. Their doors and ports are not opened or closed by it, and the size of the FDB stays.
  func change(to new: LanConfiguration) {
    let old = configuration
    let before = mirrors
    configuration = new
    requestedMirrors.removeAll { mirror in new.mirrors.contains { $0.target == mirror.target } }
    mirrorsChanged(from: before)
    unsafe thread.post(
      ForwardingCommand(.changeLAN(context, SwitchConfiguration(new))) { [self] _ in withExtendedLifetime(self) {} })
    if new.queueBytes != old.queueBytes {
      for port in ports + doorPorts { port.changeQueue(to: new.queueBytes) }
    }
    if new.recordBytes != old.recordBytes || new.recordSnaplen != old.recordSnaplen { renewRecorder() }
    guard new.guestDefaults != old.guestDefaults else { return }
    for port in ports where port.guest != nil {
      port.change(to: new.guestDefaults.settings(of: .guest, isConfigured: false))
    }
  }

  /// The door that is open where the other is to be.
  func door(at other: DoorConfiguration) -> LANDoor? { doors.first { $0.configuration.isAtPlace(of: other) } }

  /// Closes a door. The guests that came by it stay.
  func close(_ door: LANDoor) {
    door.close()
    doors.removeAll { $0 === door }
    // The port of a datagram door receives for the guests that came by it.
    guard door.ownPort != nil else { return }
    closedDoors.append(door)
    endClosedDoors()
  }

  /// Ends the ports of datagram doors that are closed and whose guests have left.
  func endClosedDoors() {
    for door in closedDoors where !ports.contains(where: { $0.door === door }) {
      door.ownPort?.remove { [self] in closedDoors.removeAll { $0 === door } }
    }
  }
}

extension SwitchConfiguration {
  /// What a LAN's options say of its switch.
  init(_ configuration: LanConfiguration) {
    self.init()
    fdbEntries = configuration.fdbEntries
    ageingSeconds = UInt32(configuration.ageingSeconds)
    controlProtocols = configuration.controlProtocols == .drop ? .drop : .pass
    guestLearnLimit = UInt32(configuration.guestStations)
  }
}
