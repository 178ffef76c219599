package import Ethernet

// A learning switch (IEEE 802.1D, clause 7) for one LAN: frames and times in, verdicts out. No clock, no system call.
//
//   frame in ─► count ─► header, length ─► port up? pause? hello? ─► learn the source ─► look up the destination
//                                                                                        │
//     drop(reason) ◄─ same segment, split horizon, port down ◄─ known, but ──────────────┤
//     unicast(port, remote) ◄─ known ────────────────────────────────────────────────────┤
//     flood ◄─ within the port's storm limits ◄─ group address, or not known ─────────────┘
//
// Roles: a guest port leads to stations of this host, a trunk to other hosts. What came in by a trunk never leaves by a
// trunk, unicast or flooded (split horizon), and nothing leaves by the port it came in by. So agents in a full mesh of
// trunks cannot pass a frame round in a circle.
//
// Ownership: one forwarding thread owns a switch and calls everything but `PortCounters.snapshot()`. It is not copied;
// the agent keeps it behind a pointer, so that each frame costs no exclusivity check and no reference count.
// Memory: the caller's, fixed when the switch is made. Nothing here allocates.

/// The learning switch of one LAN.
@usableFromInline @safe package struct Switch: ~Copyable {
  private(set) var fdb: FDB
  private(set) var ports: PortTable
  private var flapReport = FlapReport()
  private var guestLearnLimit: UInt32
  private var dropsControlProtocols: Bool

  /// The most bytes a segment on a wire may have: `UMBEL_LARGEST_SEGMENT` of `umbel_transport.h`.
  @inlinable package static var largestSegment: Int { 9_216 }

  /// Bytes of storage that a switch needs. Most of it is never touched: 4 MiB of FDB slots and 1.5 MiB for ports by
  /// default, of which a page is used when a station hashes into it or a port has its index.
  package static func storageBytes(for configuration: SwitchConfiguration) -> Int {
    SwitchStorage.byteCount(for: configuration)
  }

  /// Makes a switch without ports. A configuration out of range is the caller's fault, and traps.
  /// - Parameters:
  ///   - configuration: limits and times.
  ///   - seed: random numbers that nobody outside knows.
  ///   - storage: at least ``storageBytes(for:)`` zeroed bytes at a multiple of 64, best fresh from mmap. It stays the
  ///     caller's and must outlive the switch and every ``PortCounters``.
  package init(
    _ configuration: SwitchConfiguration, seed: (UInt64, UInt64), storage: UnsafeMutableRawBufferPointer
  ) {
    precondition(SwitchConfiguration.fdbEntryRange.contains(configuration.fdbEntries), "FDB entries out of range")
    precondition(SwitchConfiguration.portRange.contains(configuration.maximumPorts), "ports out of range")
    precondition((1...FlapState.mostMoves).contains(configuration.flapMoves), "moves have three bits in an FDB entry")
    let seconds: ClosedRange<UInt16> = 1...32_767
    precondition(
      seconds.contains(configuration.flapWindowSeconds) && seconds.contains(configuration.pinSeconds),
      "half of the 16-bit seconds are for the sweep to notice that a window is over")
    precondition(configuration.ageingSeconds > 0, "without ageing time nothing is ever found")
    let layout = unsafe SwitchStorage(storage, for: configuration)
    fdb = FDB(layout, configuration, seed: seed)
    ports = PortTable(layout, capacity: configuration.maximumPorts)
    guestLearnLimit = configuration.guestLearnLimit
    dropsControlProtocols = configuration.controlProtocols == .drop
  }

  /// Takes over what may change of a configuration, and leaves the rest as it is. Stations that a guest port has learned
  /// beyond a lower limit stay until they are too old.
  package mutating func change(to configuration: SwitchConfiguration) {
    precondition(configuration.ageingSeconds > 0, "without ageing time nothing is ever found")
    fdb.ageingSeconds = Int32(clamping: configuration.ageingSeconds)
    guestLearnLimit = configuration.guestLearnLimit
    ports.limitGuests(to: guestLearnLimit)
    dropsControlProtocols = configuration.controlProtocols == .drop
  }

  // MARK: Forwarding

  /// Decides where a frame goes, learns where it came from, and counts it at the port it came in by.
  /// - Parameters:
  ///   - frame: the frame's first `min(length, 64)` bytes, contiguous; from the destination address on.
  ///   - length: bytes of the whole frame.
  ///   - segmentLength: bytes of the longest frame that it stands for: `length` without GSO, else
  ///     ``/Ethernet/Offload/segmentLength(of:)``.
  ///   - ingress: the port it came in by, less than the configuration's `maximumPorts`.
  ///   - remote: who sent it.
  ///   - now: seconds of a clock that does not go back.
  package mutating func forward(
    _ frame: UnsafeRawPointer, length: Int, segmentLength: Int, from ingress: PortIndex, remote: Remote, now: UInt32
  ) -> Verdict {
    // An index that the caller never got from here would be read beyond the table.
    precondition(Int(ingress) < ports.capacity, "no such port")
    let counters = ports.counters(of: ingress)
    counters.countReceived(bytes: length)
    guard let header = unsafe FrameHeader(frame, length: length) else { return drop(.runt, counters) }
    if segmentLength > Switch.largestSegment { return drop(.oversize, counters) }
    if unsafe !ports.states[Int(ingress)].isUp {
      // A port that is shut because of a loop must hear whether the loop is still there.
      if unsafe Switch.isHello(frame, length: length) { return drop(.hello, counters) }
      return drop(ports.isInUse(ingress) ? .portDown : .portRemoved, counters)
    }
    if header.etherType == .macControl { return drop(.pauseFrame, counters) }
    let source = FDBKey(vlan: header.vlan, address: header.source)
    if !fdb.refresh(source, at: ingress, remote: remote, now: now, ports) {
      if unsafe Switch.isHello(frame, length: length) { return drop(.hello, counters) }
      // Only here, because a source that has been learned is valid.
      if header.source.isGroup || header.source.rawValue == 0 { return drop(.invalidSource, counters) }
      learn(source, at: ingress, remote: remote, now: now)
    }
    if header.destination.isGroup {
      // One whose source is known after all: a guest has sent by an agent's address.
      if header.destination == .agents, unsafe Switch.isHello(frame, length: length) { return drop(.hello, counters) }
      if dropsControlProtocols && header.destination.isControlProtocol { return drop(.controlProtocol, counters) }
    } else if let slot = unsafe fdb.find(FDBKey(vlan: header.vlan, address: header.destination)),
      unsafe fdb.isLive(slot.pointee, now: now, ports)
    {
      let egress = unsafe slot.pointee.port
      if let reason = refusal(from: ingress, to: egress) { return drop(reason, counters) }
      return unsafe .unicast(egress, slot.pointee.remote)
    }
    return flood(to: header.destination, from: ingress, now: now)
  }

  // Not inlined: frames to one port would pay for it.
  @inline(never) private mutating func flood(to destination: MACAddress, from ingress: PortIndex, now: UInt32)
    -> Verdict
  {
    let counters = ports.counters(of: ingress)
    if ports.floodCount(from: ingress) == 0 { return drop(.noRecipients, counters) }
    if let reason = ports.stormRefusal(of: destination, from: ingress, now: now) { return drop(reason, counters) }
    counters.add(.flooded)
    return .flood
  }

  /// Whether a frame is an agent's own: untagged, and with the beginning that `Hello/AgentFrame` tells. Such a source is
  /// never learned, so this is asked where a source is not known, and costs other frames nothing.
  @inline(never) package static func isHello(_ frame: UnsafeRawPointer, length: Int) -> Bool {
    guard length >= FrameHeader.length + 4 else { return false }
    return unsafe frame.bigEndian(UInt64.self, at: 0) >> 16 == MACAddress.agents.rawValue
      && frame.bigEndian(UInt32.self, at: 12) == 0x88b6_554d && frame.bigEndian(UInt16.self, at: 16) == 0x424c
  }

  @inline(__always) private func drop(_ reason: DropReason, _ counters: PortCounters) -> Verdict {
    counters.countDrop(reason)
    return .drop(reason)
  }

  /// Why the frame may not go from one port to the other.
  @inline(__always) private func refusal(from ingress: PortIndex, to egress: PortIndex) -> DropReason? {
    if egress == ingress { return .sameSegment }
    let state = unsafe ports.states[Int(egress)]
    if unsafe state.isTrunk && ports.states[Int(ingress)].isTrunk { return .splitHorizon }
    return state.isUp ? nil : .portDown
  }

  // Not inlined: it happens once for a station, and would cost every frame registers.
  @inline(never) private mutating func learn(_ station: FDBKey, at port: PortIndex, remote: Remote, now: UInt32) {
    let counters = ports.counters(of: port)
    switch fdb.learn(station, at: port, remote: remote, now: now, &ports) {
    case .learned: break
    case .moved: counters.add(.moves)
    case .refusedTableFull: counters.add(.refusedTableFull)
    case .refusedPortLimit: counters.add(.refusedPortLimit)
    case .refusedPinned: counters.add(.refusedPinned)
    case .pinned(let kept, let refused):
      counters.add(kept == port ? .moves : .refusedPinned)
      flapReport.record(vlan: station.vlan, address: station.address, kept: kept, refused: refused, now: now)
    }
  }

  /// The ports that a frame from `ingress` is flooded to: those that are up, but for `ingress`, and no trunk if that is a
  /// trunk. At least one after the verdict ``Verdict/flood``.
  package func floodTargets(from ingress: PortIndex) -> FloodTargets {
    // As in forward.
    precondition(Int(ingress) < ports.capacity, "no such port")
    return ports.floodTargets(from: ingress)
  }
}

// MARK: - Ports

extension Switch {
  /// Adds a port, which is down until ``setUp(_:_:)``, with its counters at 0.
  /// - Parameters:
  ///   - role: who is behind it.
  ///   - learnLimit: the most stations to be learned here; nil: the configuration's for guests, none for trunks.
  ///   - storm: how many frames a second it may bring in to all ports.
  /// - Returns: its index, the lowest free one; nil: there are as many ports as the configuration allows.
  package mutating func addPort(
    role: PortRole, learnLimit: UInt32? = nil, storm: StormLimits = StormLimits()
  ) -> PortIndex? {
    let isTrunk = role == .trunk
    return ports.add(
      isTrunk: isTrunk, learnLimit: learnLimit ?? (isTrunk ? .max : guestLearnLimit), storm: storm)
  }

  /// Removes a port and, at once, its stations. Its counters keep their values until the index is used again.
  package mutating func removePort(_ port: PortIndex) {
    checkInUse(port)
    ports.remove(port)
  }

  /// Says whether the port carries frames. One that is down keeps its stations; what is for them is dropped.
  package mutating func setUp(_ port: PortIndex, _ isUp: Bool) {
    checkInUse(port)
    ports.setUp(port, isUp)
  }

  /// Replaces the limits of the port; what it has brought in within this second is forgotten.
  package mutating func setStorm(_ port: PortIndex, _ limits: StormLimits) {
    checkInUse(port)
    ports.setStorm(port, limits)
  }

  /// Forgets the stations of a port at once.
  package mutating func flush(_ port: PortIndex) {
    checkInUse(port)
    ports.renew(port)
  }

  /// Whether there is such a port.
  package func isInUse(_ port: PortIndex) -> Bool { ports.isInUse(port) }

  /// The last reason for which the port's storm limits have refused a frame since the last call; nil: they have not.
  package func takeStorm(_ port: PortIndex) -> DropReason? {
    checkInUse(port)
    return ports.takeStorm(port)
  }

  /// The counters of the port with this index, now or last.
  package func counters(of port: PortIndex) -> PortCounters {
    // As in forward.
    precondition(Int(port) < ports.capacity, "no such port")
    return ports.counters(of: port)
  }

  // Who adds and removes ports knows which there are: a wrong index is a fault of the program.
  private func checkInUse(_ port: PortIndex) { precondition(ports.isInUse(port), "no such port") }
}

// MARK: - Stations

extension Switch {
  /// Stations learned on all ports, those that expired since the last sweep included.
  package var entryCount: Int { ports.entryCount }

  /// Stations learned on one port, those that expired since the last sweep included.
  package func entryCount(of port: PortIndex) -> Int {
    checkInUse(port)
    return unsafe Int(ports.states[Int(port)].entries)
  }

  /// The budget with which ``sweep(now:budget:)``, called once a second, goes through the whole FDB in a minute.
  package var sweepBudgetPerSecond: Int { fdb.slotCount / 60 + 1 }

  /// Gives the slots of expired stations, of ports that are gone and of forgotten remotes back, some at a time.
  /// - Parameters:
  ///   - now: as in ``forward(_:length:segmentLength:from:remote:now:)``.
  ///   - budget: how many slots to look at. All must have been looked at within a minute.
  package mutating func sweep(now: UInt32, budget: Int) { fdb.sweep(now: now, budget: budget, &ports) }

  /// Forgets the stations behind a remote of a trunk. The next round of the sweep does it; until then frames for them
  /// still carry the remote.
  package mutating func forget(_ remote: Remote, of port: PortIndex, now: UInt32) {
    checkInUse(port)
    fdb.forget(remote, of: port, now: now, &ports)
  }

  /// Puts back a station that another switch had learned at what is this port now, unless it is known already or was not
  /// heard for too long. A remote of the other switch means nothing here: the station is behind all of the trunk until it
  /// is heard again.
  /// - Parameter ageSeconds: since it was last heard.
  package mutating func restore(
    vlan: UInt16, address: MACAddress, at port: PortIndex, ageSeconds: UInt32, now: UInt32
  ) {
    checkInUse(port)
    let key = FDBKey(vlan: vlan, address: address)
    guard ageSeconds < UInt32(fdb.ageingSeconds), vlan < 4_096, !address.isGroup, address.rawValue != 0 else { return }
    if let slot = unsafe fdb.find(key), unsafe fdb.isLive(slot.pointee, now: now, ports) { return }
    _ = fdb.learn(key, at: port, remote: .everyone, now: now &- ageSeconds, &ports)
  }

  /// Lists stations, in no particular order. A listing in several calls is no snapshot: a station learned, moved or
  /// forgotten between two calls may be missing or come twice.
  /// - Parameters:
  ///   - cursor: 0, or where the last call left off.
  ///   - buffer: where records are written.
  ///   - slotBudget: how many slots to look at: a bound on the time that a call takes.
  ///   - now: as in ``forward(_:length:segmentLength:from:remote:now:)``.
  /// - Returns: how many were written, and the cursor of the next call; nil: that was all.
  package func dump(
    from cursor: Int = 0, into buffer: UnsafeMutableBufferPointer<FDBRecord>, slotBudget: Int = .max, now: UInt32
  ) -> (written: Int, next: Int?) {
    precondition(cursor >= 0, "a cursor is not negative")
    return unsafe fdb.dump(
      from: cursor, into: buffer, budget: min(slotBudget, fdb.slotCount), now: now, ports)
  }

  /// A station that was pinned since the last call, at most one in ten seconds; nil: none.
  package mutating func takeFlapEvent() -> FlapEvent? { flapReport.take() }
}
