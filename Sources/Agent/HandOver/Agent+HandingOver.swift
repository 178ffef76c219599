import Ethernet
import LinuxIO
import Switching
import SystemdSupport

// How an agent leaves its LANs to the next process: its forwarding threads rest, all that is kept is written down, and the
// process ends without closing anything - or goes on, if the other does not want it after all.

extension Agent {
  /// Makes all forwarding threads rest, and then calls `action` with the stations of all FDBs; nil: a thread does not
  /// answer, and none rests.
  func freeze(then action: @escaping ([HandOverState.Station]?) -> Void) {
    Inquiry.ask(
      threads.map { ($0, { completion in unsafe ForwardingCommand(.freeze, completion: completion) }) },
      within: Self.freezeMilliseconds, on: loop
    ) { [self] answers in
      guard answers.allSatisfy({ $0 != nil }) else {
        thaw()
        return action(nil)
      }
      let listing = StationListing(lans)
      listing.next { action(listing.stations(in: self.lans)) }
    }
  }

  /// The forwarding threads go on.
  func thaw() {
    for thread in threads { thread.post(unsafe ForwardingCommand(.thaw)) }
  }

  private static var freezeMilliseconds: UInt64 { 2_000 }

  /// Leaves everything to the next process that the service manager starts, and then calls `action`: the process must end
  /// at once, and close nothing.
  func leaveToManager(then action: @escaping () -> Void) {
    guard !isEnding, keeper.isActive else { return end(then: action) }
    // It is under way: who asks again gets no other answer.
    guard !isHandingOver else { return }
    isHandingOver = true
    manager.status("handing over to the next process")
    freeze { [self] stations in
      // Without an answer the next process gets what it would get of one that was killed.
      if let stations { keeper.settleForGood(stations) }
      if case .failed(let error) = manager.barrier(milliseconds: 5_000) {
        journal.log(
          .warning, "the service manager may not have taken all descriptors: \(error)", id: .handOverIncomplete,
          fields: [.errno: "\(error.code)"])
      }
      action()
    }
  }
}

extension ManagedLAN {
  /// The ports that the next process is told of, in this order.
  var keptPorts: [ManagedPort] { ports.filter { !$0.isLeaving } }
}

/// Reads the FDBs of all LANs while nothing moves.
private final class StationListing {
  private var found: [(record: FDBRecord, port: ManagedPort)] = []
  private let lans: [ManagedLAN]
  private var index = 0
  private var cursor = 0

  init(_ lans: [ManagedLAN]) { self.lans = lans }

  /// Goes on to the end, and then calls `action`.
  func next(then action: @escaping () -> Void) {
    guard index < lans.count else { return action() }
    let lan = lans[index]
    let ports = Dictionary(
      lan.ports.compactMap { port in port.link?.slot.map { ($0, port) } }, uniquingKeysWith: { $1 })
    lan.thread.post(
      lan.stationsCommand(from: cursor) { [self] command in
        for record in unsafe Array(command.stations.prefix(Int(command.result))) {
          if let port = ports[record.port] { found.append((record, port)) }
        }
        if let further = command.cursor {
          cursor = further
        } else {
          index += 1
          cursor = 0
        }
        next(then: action)
      })
  }

  /// All, by the places that LANs and ports have now: some may have ended meanwhile.
  func stations(in lans: [ManagedLAN]) -> [HandOverState.Station] {
    var places: [UInt32: (lan: Int, port: Int)] = [:]
    for (index, lan) in lans.enumerated() {
      for (place, port) in lan.keptPorts.enumerated() { places[port.number] = (index, place) }
    }
    return found.compactMap { record, port in
      guard let place = places[port.number], lans[place.lan] === port.lan else { return nil }
      return HandOverState.Station(
        vlan: record.vlan, macAddress: record.address.rawValue, lan: place.lan, port: place.port,
        ageSeconds: record.ageSeconds)
    }
  }
}
