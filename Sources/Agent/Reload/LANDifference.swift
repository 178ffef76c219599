import TransportHost

/// What changes in a LAN that stays.
package struct LANDifference: Sendable {
  /// What it is to be, but for the size of its FDB, which stays.
  package let wanted: LanConfiguration
  /// It was made by hand, and is the configuration's from now on.
  package let isAdopted: Bool
  /// Some of its own options change.
  package let hasOtherOptions: Bool
  /// The size that its FDB would be made with at the next start; nil: the one that it has.
  package let otherFDBEntries: Int?
  /// It is pinned otherwise, or not any more.
  private let hasOtherPin: Bool
  /// The thread that it is to be on; nil: the one where it is.
  package let otherThread: Int?
  package let closedDoors: [DoorConfiguration]
  /// Doors that stay where they are, with another mode or group, or other options of their ports.
  package let changedDoors: [DoorConfiguration]
  package let openedDoors: [DoorConfiguration]
  /// Those that end first, then the others as the configuration has them.
  package let ports: [PortDifference]

  /// Nothing changes.
  package var isEmpty: Bool {
    !isAdopted && !hasOtherOptions && otherFDBEntries == nil && !hasOtherPin && otherThread == nil
      && closedDoors.isEmpty && changedDoors.isEmpty
      && openedDoors.isEmpty && ports.isEmpty
  }

  init(from old: PresentLAN, to new: LanConfiguration, transports: [TransportDescription]) {
    var reachable = new
    reachable.fdbEntries = old.configuration.fdbEntries
    wanted = reachable
    isAdopted = !old.isConfigured
    hasOtherOptions = !reachable.hasOptions(of: old.configuration)
    otherFDBEntries = new.fdbEntries == old.configuration.fdbEntries ? nil : new.fdbEntries
    hasOtherPin = new.thread != old.configuration.thread
    otherThread = new.thread.flatMap { $0 == old.thread ? nil : $0 }
    let present = old.doors.map(\.configuration)
    closedDoors = old.doors.filter { !$0.isActivated }.map(\.configuration)
      .filter { door in !new.doors.contains { $0.isAtPlace(of: door) } }
    openedDoors = new.doors.filter { door in !present.contains { $0.isAtPlace(of: door) } }
    changedDoors = new.doors.filter { door in present.contains { $0.isAtPlace(of: door) && $0 != door } }
    let ended = old.ports.filter { port in
      port.isConfigured && !new.ports.contains { $0.name == port.configuration.name }
    }
    ports =
      ended.map { PortDifference(name: $0.configuration.name, step: .remove, isAdopted: false) }
      + new.ports.compactMap { port in
        PortDifference(from: old.ports.first { $0.configuration.name == port.name }, to: port, transports: transports)
      }
  }
}

extension DoorConfiguration {
  /// Whether the two are one door, whatever else is said of them.
  func isAtPlace(of other: DoorConfiguration) -> Bool { name == other.name && place == other.place }
}
