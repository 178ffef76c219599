import Ethernet
import TestSupport
import Testing

@testable import Switching

/// As `#expect`, which costs too much to be asked a million times.
private func check(
  _ isTrue: Bool, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  if !isTrue { Issue.record(comment, sourceLocation: sourceLocation) }
}

/// Random frames, ports and times for a switch with a small FDB, each step compared with the model.
private struct Comparison {
  let lan: Lan
  var model = ModelLan()
  var random: SeededGenerator
  var seconds = 0
  let entries: Int
  var refusals = 0
  var pins = 0
  var storms: [DropReason: Int] = [:]

  init(seed: UInt64, entries: Int) {
    var configuration = SwitchConfiguration()
    configuration.fdbEntries = entries
    configuration.guestLearnLimit = 24
    configuration.maximumPorts = 12
    random = SeededGenerator(state: seed)
    lan = Lan(configuration, seed: (random.next(), random.next()))
    self.entries = entries
  }

  var now: UInt32 { start &+ UInt32(truncatingIfNeeded: seconds) }

  mutating func step() throws {
    switch Int.random(in: 0..<1_000, using: &random) {
    case 0..<8: try addPort()
    case 8..<11: if let port = anyPort() { removePort(port) }
    case 11..<16: if let port = anyPort() { setUp(port, Int.random(in: 0..<4, using: &random) > 0) }
    case 16..<18: if let port = anyPort() { flush(port) }
    case 18..<20: if let port = anyPort() { forget(anyRemote(), of: port) }
    case 20..<60: pass(Int.random(in: 1...30, using: &random))
    case 60..<63: compareAll()
    default: if let port = anyPort() { frame(from: port) }
    }
  }

  private mutating func anyPort() -> PortIndex? { model.ports.keys.sorted().randomElement(using: &random) }
  private mutating func anyRemote() -> Remote {
    Remote(index: .random(in: 0...3, using: &random), generation: .random(in: 1...2, using: &random))
  }
  private mutating func anyStation() -> ModelLan.Key {
    // A few stations are heard everywhere and flap, most are heard now and then.
    let isBusy = Bool.random(using: &random)
    let number = isBusy ? Int.random(in: 0..<6, using: &random) : .random(in: 6..<160, using: &random)
    return ModelLan.Key(vlan: UInt16(number % 3) * 2_047, address: station(number))
  }

  private mutating func addPort() throws {
    guard model.ports.count < 12 else { return }
    let isTrunk = Int.random(in: 0..<3, using: &random) == 0
    let incarnation = model.nextIncarnation()
    let limits = [5, 4, 3].map { UInt32(incarnation % $0) }
    let storm = StormLimits(broadcast: limits[0], multicast: limits[1], unknown: limits[2])
    let port = try lan.add(isTrunk ? .trunk : .guest, storm: storm)
    check(port == (0..<12).first { model.ports[$0] == nil })
    model.ports[port] = ModelLan.Port(
      isTrunk: isTrunk, incarnation: incarnation,
      stormLimits: [
        .stormBroadcast: Int(limits[0]), .stormMulticast: Int(limits[1]), .stormUnknown: Int(limits[2]),
      ])
  }

  private mutating func removePort(_ port: PortIndex) {
    lan.remove(port)
    model.ports[port] = nil
  }

  private mutating func setUp(_ port: PortIndex, _ isUp: Bool) {
    lan.setUp(port, isUp)
    model.ports[port]?.isUp = isUp
  }

  private mutating func flush(_ port: PortIndex) {
    lan.flush(port)
    let incarnation = model.nextIncarnation()
    model.ports[port]?.incarnation = incarnation
  }

  private mutating func forget(_ remote: Remote, of port: PortIndex) {
    lan.forget(remote, of: port, at: now)
    lan.sweep(at: now)
    for (key, station) in model.stations where station.port == port && station.remote == remote {
      model.stations[key] = nil
    }
  }

  /// Time passes, and the sweep with it.
  private mutating func pass(_ count: Int) {
    for _ in 0..<count {
      seconds += 1
      unsafe lan.sweep(budget: lan.lan.pointee.sweepBudgetPerSecond, at: now)
    }
  }

  private mutating func frame(from port: PortIndex) {
    let (source, destination) = (anyStation(), anyStation())
    // Both are in the VLAN of the source.
    let everyone = [MACAddress.broadcast, MACAddress(truncating: 0x3333_0000_0001)]
    let target = ModelLan.Key(
      vlan: source.vlan,
      address: Int.random(in: 0..<8, using: &random) == 0
        ? everyone[seconds % 2] : destination.address)
    let remote = model.ports[port]?.isTrunk == true ? anyRemote() : .everyone
    let before = lan.statistics(port)
    let verdict = lan.send(
      from: port, source.address, to: target.address, vlan: source.vlan, remote: remote, at: now)
    guard model.ports[port]?.isUp == true else {
      check(verdict == .drop(.portDown))
      return
    }
    learn(source, at: port, remote: remote, before, lan.statistics(port))
    let expected = model.verdict(to: target, from: port, at: seconds)
    check(verdict == expected)
    if case .drop(let reason) = expected, model.ports[port]?.stormLimits[reason] != nil {
      storms[reason, default: 0] += 1
    }
    let targets = lan.floodTargets(from: port)
    check(Set(targets) == model.floodTargets(from: port) && targets.count == Set(targets).count)
  }

  /// Compares what the counters say of the source with the model.
  private mutating func learn(
    _ key: ModelLan.Key, at port: PortIndex, remote: Remote, _ before: PortStatistics, _ after: PortStatistics
  ) {
    let expected = model.learning(key, at: port, now: seconds)
    let isFull = after.refusedTableFull > before.refusedTableFull
    let isLimited = after.refusedPortLimit > before.refusedPortLimit
    if isFull || isLimited {
      // Expired stations count until they are swept, so the switch knows better than the model when it is full.
      refusals += 1
      check(expected == .new || (expected == .moved && isLimited))
      let isPhysicallyFull = unsafe lan.lan.pointee.fdb.occupied >= lan.slotCount / 4 * 3
      if isFull { check(lan.entryCount >= entries || isPhysicallyFull) }
      if isLimited { check(lan.entryCount(of: port) >= 24 && model.ports[port]?.isTrunk == false) }
      return
    }
    if expected == .new || expected == .moved, model.ports[port]?.isTrunk == false {
      check(model.count(of: port, at: seconds) < 24)
    }
    var moves: UInt64 = expected == .moved ? 1 : 0
    var pinned: UInt64 = expected == .refusedPinned ? 1 : 0
    if case .pinned(let kept, _) = expected {
      pins += 1
      if kept == port { moves = 1 } else { pinned = 1 }
    }
    check(after.moves - before.moves == moves)
    check(after.refusedPinned - before.refusedPinned == pinned)
    model.apply(expected, key, at: port, remote: remote, now: seconds)
  }

  /// Compares all that is known, and then, everything swept, how much.
  mutating func compareAll() {
    var expected: [ModelLan.Key: FDBRecord] = [:]
    for key in model.stations.keys {
      guard let station = model.find(key, at: seconds) else {
        model.stations[key] = nil
        continue
      }
      expected[key] = FDBRecord(
        vlan: key.vlan, address: key.address, port: station.port, remote: station.remote,
        ageSeconds: UInt32(seconds - station.lastSeen), isPinned: seconds < station.pinnedUntil)
    }
    let records = lan.dump(at: now)
    check(records.count == expected.count)
    for record in records { check(expected[ModelLan.Key(vlan: record.vlan, address: record.address)] == record) }
    checkTable()
    lan.sweep(at: now)
    checkTable()
    check(lan.entryCount == expected.count)
    check(unsafe lan.lan.pointee.fdb.occupied == expected.count)
    for port in model.ports.keys { check(lan.entryCount(of: port) == expected.values.count { $0.port == port }) }
  }

  /// Checks what holds of the table at any time.
  private func checkTable() {
    var occupied = 0
    var keys: Set<UInt64> = []
    var counts: [PortIndex: Int] = [:]
    for index in 0..<lan.slotCount {
      let entry = unsafe lan.lan.pointee.fdb.slots[index]
      guard entry.key != .empty else { continue }
      occupied += 1
      check(keys.insert(entry.key.rawValue).inserted, "a key is in the table twice")
      check(unsafe lan.lan.pointee.fdb.find(entry.key) == lan.lan.pointee.fdb.slots + index, "a chain is cut")
      if unsafe lan.lan.pointee.ports.states[Int(entry.port)].incarnation == entry.incarnation {
        counts[entry.port, default: 0] += 1
      }
    }
    check(unsafe lan.lan.pointee.fdb.occupied == occupied)
    check(lan.entryCount == counts.values.reduce(0, +))
    for port in model.ports.keys { check(lan.entryCount(of: port) == counts[port, default: 0]) }
  }
}

@Suite struct ModelTests {
  @Test(arguments: [(UInt64(1), 128), (2, 64), (3, 40), (4, 1_000)])
  func `40,000 random steps leave the switch and the model with one opinion`(seed: UInt64, entries: Int) throws {
    var comparison = Comparison(seed: seed, entries: entries)
    for _ in 0..<40_000 { try comparison.step() }
    comparison.compareAll()
    // That the steps have met what they are to test.
    #expect(comparison.refusals > 100)
    #expect(comparison.pins > 100)
    #expect(comparison.storms.count == 3 && comparison.storms.values.allSatisfy { $0 > 20 })
    #expect(comparison.seconds > 2 * 5_000, "the clock has not come round")
  }
}
