// What a starting agent has from the process before, and from the service manager: descriptors by name, and what they
// mean. LANs, doors and ports take what is theirs while they are made; what nobody has taken is ended afterwards.

import AgentAPI
import Glibc
import LinuxIO
import SystemdSupport
import TransportHost

/// What a starting agent takes over.
final class Inheritance {
  let state: HandOverState
  let stations: [HandOverState.Station]
  /// Of every descriptor that a port or the agent has taken: its number and name, for the keeper.
  private(set) var taken: [StoredDescriptors.Entry] = []

  /// Numbers by name; several where several ports share one.
  private var numbers: [String: [Int32]] = [:]
  /// Listening sockets of socket units, by where they listen, and what their units call them. The manager gives them to
  /// each process anew; their files are its own.
  private var activated: [(place: String, name: String, number: Int32)] = []
  /// Listening sockets of the process before that no file describes: as long as the manager has them, nobody else can
  /// listen there.
  private var undescribed: [(place: String, name: String, number: Int32)] = []

  /// Nothing.
  init() {
    state = HandOverState()
    stations = []
  }

  /// - Parameter given: named as the state does; and sockets of socket units.
  init(
    _ state: HandOverState, stations: [HandOverState.Station] = [], given: inout GivenDescriptors
  ) {
    self.state = state
    self.stations = stations
    for name in Set(state.descriptorNames) {
      if let descriptor = given.take(name) { numbers[name] = [descriptor.release()] }
    }
    for (name, count) in state.shares where count > 1 {
      guard let number = numbers[name]?.first else { continue }
      for _ in 1..<count {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        if copy >= 0 { numbers[name]?.append(copy) }
      }
    }
    for name in given.names {
      guard let descriptor = given.take(name) else { continue }
      guard let place = ListeningPlace.of(descriptor.number) else { continue }
      if StoredDescriptors.isName(name) {
        // One of ours, and no unit's. Without its file nobody finds it.
        if place.hasPrefix("/"), FileIdentity(ofSocketAt: place) == nil { continue }
        undescribed.append((place, name, descriptor.release()))
      } else {
        activated.append((place, name, descriptor.release()))
      }
    }
  }

  // MARK: Listening sockets

  /// A listening socket that is there already.
  struct Listener: ~Copyable {
    let descriptor: Descriptor
    /// The service manager's name for it: it gives it to the next process by itself, and owns its file. nil: it is ours.
    let activatedName: String?

    consuming func takeDescriptor() -> Descriptor { descriptor }
  }

  /// Hands out the socket that listens at a path or an address.
  func listener(at place: String) -> Listener? {
    if let index = activated.firstIndex(where: { $0.place == place }) {
      let entry = activated.remove(at: index)
      return Listener(descriptor: Descriptor(owning: entry.number), activatedName: entry.name)
    }
    guard let record = state.listeners.first(where: { $0.place == place }), let number = take(record.name) else {
      guard let index = undescribed.firstIndex(where: { $0.place == place }) else { return nil }
      let entry = undescribed.remove(at: index)
      taken.append(StoredDescriptors.Entry(name: entry.name, number: entry.number))
      return Listener(descriptor: Descriptor(owning: entry.number), activatedName: nil)
    }
    // Somebody may have removed its file, or put another in its place: nobody would find this socket.
    guard !place.hasPrefix("/") || FileIdentity(ofSocketAt: place) == FileIdentity(record) else {
      close(number)
      return nil
    }
    taken.append(StoredDescriptors.Entry(name: record.name, number: number))
    return Listener(descriptor: Descriptor(owning: number), activatedName: nil)
  }

  /// Sockets of socket units that are named `LAN.DOOR` for a LAN, and where they listen.
  func activatedDoors(of lan: String) -> [(door: String, place: String)] {
    activated.compactMap { entry in
      guard entry.name.hasPrefix("\(lan).") else { return nil }
      return (String(entry.name.dropFirst(lan.utf8.count + 1)), entry.place)
    }
  }

  // MARK: Ports

  func lan(named name: String) -> HandOverState.LAN? { state.lans.first { $0.name == name } }

  /// Hands out what is kept of a port; nil: it is not, or not complete. The descriptors are the caller's.
  func heritage(of port: HandOverState.Port) -> Heritage? {
    guard let heritage = port.heritage else { return nil }
    let found = heritage.kept.compactMap { kept in
      take(kept.name).map { Heritage.Kept(descriptor: $0, kind: kept.kind) }
    }
    if found.count < heritage.kept.count {
      for kept in found { close(kept.descriptor) }
      return nil
    }
    return Heritage(isQuiet: heritage.isQuiet, kept: found, state: Array(heritage.state))
  }

  /// The port has been opened with what was kept of it.
  /// - Parameter current: what it says of itself now: what it had no use for it has closed, and the number may be
  ///   another file's already. nil: it says nothing yet.
  func confirm(_ heritage: Heritage, of port: HandOverState.Port, current: Heritage?) {
    for (kept, name) in zip(heritage.kept, port.heritage?.kept.map(\.name) ?? [])
    where current.map({ $0.kept.contains(kept) }) ?? true {
      taken.append(StoredDescriptors.Entry(name: name, number: kept.descriptor))
    }
  }

  /// Hands out the descriptor of the process with which a port ends.
  func caller(of port: HandOverState.Port) -> Box<Descriptor>? {
    guard let name = port.caller, let number = take(name) else { return nil }
    return Box(Descriptor(owning: number))
  }

  /// The port ends with that process.
  func confirm(_ caller: Box<Descriptor>, of port: HandOverState.Port) {
    guard let name = port.caller else { return }
    taken.append(StoredDescriptors.Entry(name: name, number: caller.value.number))
  }

  /// Whether another port has that descriptor as well, or will.
  func isShared(_ name: String) -> Bool {
    numbers[name]?.isEmpty == false || taken.contains { $0.name == name }
  }

  private func take(_ name: String) -> Int32? { numbers[name]?.popLast() }

  // MARK: The end

  /// Ends what nobody has taken. A guest hears that its connection is over: the keeper has another copy of its socket,
  /// so that closing this one would not tell it.
  func discard() {
    for record in state.listeners where numbers[record.name]?.isEmpty == false { Self.removeFile(of: record) }
    for number in numbers.values.joined() {
      if !isListening(number) { shutdown(number, Int32(SHUT_RDWR)) }
    }
    closeAll()
  }

  private func closeAll() {
    for number in numbers.values.joined() { close(number) }
    numbers = [:]
    for entry in activated + undescribed { close(entry.number) }
    activated = []
    undescribed = []
  }

  /// Nobody listens there any more.
  private static func removeFile(of listener: HandOverState.Listener) {
    guard listener.place.hasPrefix("/"), FileIdentity(ofSocketAt: listener.place) == FileIdentity(listener) else {
      return
    }
    unsafe unlink(listener.place)
  }

  // A process that does not get as far as `discard` leaves all to the next, as far as somebody has a copy.
  deinit { closeAll() }

  private func isListening(_ number: Int32) -> Bool {
    (try? socketOption(number, SOL_SOCKET, SO_ACCEPTCONN)) == 1
  }
}

extension HandOverState {
  /// Names of all descriptors, one as often as it is used.
  fileprivate var descriptorNames: [String] {
    listeners.map(\.name)
      + lans.flatMap(\.ports).flatMap { port in
        (port.heritage?.kept.map(\.name) ?? []) + (port.caller.map { [$0] } ?? [])
      }
  }

  /// How many use each descriptor.
  fileprivate var shares: [String: Int] { Dictionary(descriptorNames.map { ($0, 1) }, uniquingKeysWith: +) }
}
