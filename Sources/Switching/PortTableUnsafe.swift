import Ethernet

/// What the switch keeps of a port: 16 bytes. All bits zero: the index is free.
struct PortState: BitwiseCopyable {
  /// A number that no other port of this LAN has had; 0: free.
  var incarnation: UInt32
  /// FDB entries of this incarnation, expired ones that have not been reclaimed included.
  var entries: UInt32
  /// The most that `entries` may be.
  var learnLimit: UInt32
  /// Where the port is in its flood list, while it is up.
  var position: UInt16
  var isTrunk: Bool
  var isUp: Bool
}

/// The ports of a LAN: their states, their counters, and the two dense lists of those that are up.
@safe struct PortTable: ~Copyable {
  let states: UnsafeMutablePointer<PortState>
  let capacity: Int
  private let stormMeters: UnsafeMutablePointer<StormMeter>
  /// FDB entries of all ports.
  private(set) var entryCount = 0
  private let counterStorage: UnsafeMutableRawPointer
  private var guests: FloodList
  private var trunks: FloodList
  private var lastIncarnation: UInt32 = 0

  init(_ storage: SwitchStorage, capacity: Int) {
    self.capacity = capacity
    unsafe states = unsafe storage.portStates
    unsafe stormMeters = unsafe storage.stormMeters
    unsafe counterStorage = unsafe storage.counters
    unsafe guests = unsafe FloodList(ports: storage.guestList)
    unsafe trunks = unsafe FloodList(ports: storage.trunkList)
  }

  @inline(__always) func counters(of port: PortIndex) -> PortCounters {
    unsafe PortCounters(counterStorage + Int(port) &* PortCounters.byteCount)
  }

  func isInUse(_ port: PortIndex) -> Bool {
    unsafe Int(port) < capacity && states[Int(port)].incarnation != 0
  }

  // MARK: Life of a port

  mutating func add(isTrunk: Bool, learnLimit: UInt32, storm: StormLimits) -> PortIndex? {
    for index in 0..<capacity where unsafe states[index].incarnation == 0 {
      unsafe states[index] = PortState(
        incarnation: nextIncarnation(), entries: 0, learnLimit: learnLimit, position: 0, isTrunk: isTrunk, isUp: false)
      unsafe stormMeters[index] = StormMeter(storm)
      let port = PortIndex(index)
      counters(of: port).reset()
      return port
    }
    return nil
  }

  mutating func remove(_ port: PortIndex) {
    setUp(port, false)
    entryCount -= unsafe Int(states[Int(port)].entries)
    unsafe states[Int(port)] = PortState(
      incarnation: 0, entries: 0, learnLimit: 0, position: 0, isTrunk: false, isUp: false)
  }

  /// Makes all FDB entries of the port stale at once.
  mutating func renew(_ port: PortIndex) {
    entryCount -= unsafe Int(states[Int(port)].entries)
    unsafe states[Int(port)].entries = 0
    unsafe states[Int(port)].incarnation = nextIncarnation()
  }

  // Numbers come round after 2^32 ports; by then the sweep has removed every entry of the first one.
  private mutating func nextIncarnation() -> UInt32 {
    lastIncarnation &+= 1
    if lastIncarnation == 0 { lastIncarnation = 1 }
    return lastIncarnation
  }

  mutating func setUp(_ port: PortIndex, _ isUp: Bool) {
    guard unsafe states[Int(port)].isUp != isUp else { return }
    unsafe states[Int(port)].isUp = isUp
    if unsafe states[Int(port)].isTrunk {
      unsafe isUp ? trunks.append(port, states) : trunks.remove(port, states)
    } else {
      unsafe isUp ? guests.append(port, states) : guests.remove(port, states)
    }
  }

  /// Of all guest ports there are.
  func limitGuests(to learnLimit: UInt32) {
    for index in 0..<capacity where unsafe states[index].incarnation != 0 && !states[index].isTrunk {
      unsafe states[index].learnLimit = learnLimit
    }
  }

  func setStorm(_ port: PortIndex, _ limits: StormLimits) { unsafe stormMeters[Int(port)] = StormMeter(limits) }

  // MARK: FDB entries

  /// An FDB entry was made for the port.
  mutating func countEntry(_ port: PortIndex) {
    unsafe states[Int(port)].entries += 1
    entryCount += 1
  }

  /// An FDB entry of this port and incarnation has ended. If that incarnation has ended too, it is no longer counted.
  mutating func uncountEntry(_ port: PortIndex, incarnation: UInt32) {
    guard unsafe states[Int(port)].incarnation == incarnation else { return }
    unsafe states[Int(port)].entries -= 1
    entryCount -= 1
  }

  // MARK: Flooding

  /// How many ports a frame from `ingress`, which is up, is flooded to.
  @inline(__always) func floodCount(from ingress: PortIndex) -> Int {
    // The ingress port is itself in one of the lists.
    unsafe states[Int(ingress)].isTrunk ? guests.count : guests.count &+ trunks.count &- 1
  }

  /// Counts a frame from `ingress` that is to go to all ports; why it may not, or nil.
  func stormRefusal(of destination: MACAddress, from ingress: PortIndex, now: UInt32) -> DropReason? {
    unsafe stormMeters[Int(ingress)].refusal(destination, now: now)
  }

  /// Why the port's storm limits refused a frame since the last call.
  func takeStorm(_ port: PortIndex) -> DropReason? { unsafe stormMeters[Int(port)].take() }

  func floodTargets(from ingress: PortIndex) -> FloodTargets {
    let isTrunk = unsafe states[Int(ingress)].isTrunk
    return unsafe FloodTargets(
      guests: guests.ports, guestCount: guests.count, trunks: trunks.ports, trunkCount: isTrunk ? 0 : trunks.count,
      ingress: ingress)
  }
}

/// A dense list of ports that are up, in no particular order.
@unsafe private struct FloodList {
  let ports: UnsafeMutablePointer<PortIndex>
  private(set) var count = 0

  init(ports: UnsafeMutablePointer<PortIndex>) { unsafe self.ports = unsafe ports }

  mutating func append(_ port: PortIndex, _ states: UnsafeMutablePointer<PortState>) {
    unsafe ports[count] = port
    unsafe states[Int(port)].position = UInt16(count)
    unsafe count += 1
  }

  /// Fills the port's place with the last one.
  mutating func remove(_ port: PortIndex, _ states: UnsafeMutablePointer<PortState>) {
    unsafe count -= 1
    let position = unsafe states[Int(port)].position
    let last = unsafe ports[count]
    unsafe ports[Int(position)] = last
    unsafe states[Int(last)].position = position
  }
}
