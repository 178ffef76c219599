import Ethernet

@testable import Switching

// The switch as one would write it without a care for speed: dictionaries, whole numbers that never come round, and no
// sweep. What it says must be what the switch says.

/// What the model expects of a source address.
enum ExpectedLearning: Equatable {
  /// Nothing new: heard again, or learned anew where a limit does not stand against it.
  case known
  case new
  case moved
  case refusedPinned
  case pinned(kept: PortIndex, refused: PortIndex)
}

struct ModelLan {
  struct Port {
    let isTrunk: Bool
    var incarnation: Int
    var isUp = true
    /// The most frames of each kind a second that go to all ports; 0: any number.
    var stormLimits: [DropReason: Int] = [:]
    /// Those of each second, by kind.
    var floods: [Int: [DropReason: Int]] = [:]
  }

  struct Station {
    var port: PortIndex
    var incarnation: Int
    var remote: Remote
    var lastSeen: Int
    var moves = 0
    var windowStart = 0
    var origin: (port: PortIndex, incarnation: Int) = (0, -1)
    var pinnedUntil = -1
  }

  struct Key: Hashable {
    let vlan: UInt16
    let address: MACAddress
  }

  var ports: [PortIndex: Port] = [:]
  var stations: [Key: Station] = [:]
  private var incarnations = 0

  mutating func nextIncarnation() -> Int {
    incarnations += 1
    return incarnations
  }

  /// The station, if it is known now.
  func find(_ key: Key, at now: Int) -> Station? {
    guard let station = stations[key], now - station.lastSeen < 300 else { return nil }
    return ports[station.port]?.incarnation == station.incarnation ? station : nil
  }

  /// Stations of a port that are known now.
  func count(of port: PortIndex, at now: Int) -> Int {
    stations.keys.count { find($0, at: now)?.port == port }
  }

  func floodTargets(from ingress: PortIndex) -> Set<PortIndex> {
    let comesByTrunk = ports[ingress]?.isTrunk ?? false
    return Set(ports.filter { $0.key != ingress && $0.value.isUp && !(comesByTrunk && $0.value.isTrunk) }.keys)
  }

  mutating func verdict(to key: Key, from ingress: PortIndex, at now: Int) -> Verdict {
    if !key.address.isGroup, let station = find(key, at: now), let egress = ports[station.port] {
      if station.port == ingress { return .drop(.sameSegment) }
      if egress.isTrunk, ports[ingress]?.isTrunk == true { return .drop(.splitHorizon) }
      return egress.isUp ? .unicast(station.port, station.remote) : .drop(.portDown)
    }
    if floodTargets(from: ingress).isEmpty { return .drop(.noRecipients) }
    let kind: DropReason =
      key.address == .broadcast ? .stormBroadcast : key.address.isGroup ? .stormMulticast : .stormUnknown
    let before = ports[ingress]?.floods[now]?[kind] ?? 0
    ports[ingress]?.floods[now, default: [:]][kind] = before + 1
    let limit = ports[ingress]?.stormLimits[kind] ?? 0
    return limit > 0 && before >= limit ? .drop(kind) : .flood
  }

  /// What is to happen to a source; nothing is changed.
  func learning(_ key: Key, at port: PortIndex, now: Int) -> ExpectedLearning {
    guard let station = find(key, at: now) else { return .new }
    if station.port == port { return .known }
    if now < station.pinnedUntil { return .refusedPinned }
    guard station.moves == 5, now - station.windowStart < 180 else { return .moved }
    let origin = ports[station.origin.port]?.incarnation == station.origin.incarnation
    let kept = origin ? station.origin.port : station.port
    return .pinned(kept: kept, refused: kept == port ? station.port : port)
  }

  /// Carries it out.
  mutating func apply(_ learning: ExpectedLearning, _ key: Key, at port: PortIndex, remote: Remote, now: Int) {
    guard let incarnation = ports[port]?.incarnation else { return }
    var station = stations[key] ?? Station(port: port, incarnation: incarnation, remote: remote, lastSeen: now)
    switch learning {
    case .new:
      station = Station(port: port, incarnation: incarnation, remote: remote, lastSeen: now)
    case .known:
      station.remote = remote
      station.lastSeen = now
    case .refusedPinned: break
    case .moved:
      if station.moves == 0 || now - station.windowStart >= 180 {
        station.moves = 0
        station.windowStart = now
        station.origin = (station.port, station.incarnation)
      }
      station.moves += 1
      station.port = port
      station.incarnation = incarnation
      station.remote = remote
      station.lastSeen = now
    case .pinned(let kept, _):
      if kept != station.port { station.remote = kept == port ? remote : .everyone }
      station.port = kept
      station.incarnation = ports[kept]?.incarnation ?? 0
      station.lastSeen = now
      station.moves = 0
      station.pinnedUntil = now + 180
    }
    stations[key] = station
  }
}
