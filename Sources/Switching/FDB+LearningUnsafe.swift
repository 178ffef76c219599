// The flap rule: a station that moves between ports more than `flapMoves` times in a window is pinned. It stays with, or
// goes back to, the port where it was before the first of these moves, and no other port learns it for `pinSeconds`.
// Were it pinned where it was seen last, a handful of forged frames would steal an address for good. Moves between the
// remotes of one trunk are no moves.
//
//   free --move--> moving(1) --move--> … moving(n) --move--> pinned --time--> free
//                  moving --window over--> free

extension FDB {
  /// Notes that a station that is known at this port has been heard. This is what happens to nearly every frame.
  /// - Returns: false if it is not known here; then ``learn(_:at:remote:now:_:)`` is to be called.
  @inline(__always) func refresh(
    _ key: FDBKey, at port: PortIndex, remote: Remote, now: UInt32, _ ports: borrowing PortTable
  ) -> Bool {
    guard let slot = unsafe find(key), unsafe slot.pointee.port == port, unsafe isLive(slot.pointee, now: now, ports)
    else { return false }
    // Written only when it differs, to leave the cache line clean.
    if unsafe slot.pointee.lastSeen != now { unsafe slot.pointee.lastSeen = now }
    if unsafe slot.pointee.remote != remote { unsafe slot.pointee.remote = remote }
    return true
  }

  /// Learns a station that is not known at this port.
  mutating func learn(
    _ key: FDBKey, at port: PortIndex, remote: Remote, now: UInt32, _ ports: inout PortTable
  ) -> LearnOutcome {
    guard let slot = unsafe find(key) else {
      return insert(key, at: port, remote: remote, now: now, &ports)
    }
    if unsafe isLive(slot.pointee, now: now, ports) {
      return unsafe move(slot, to: port, remote: remote, now: now, &ports)
    }
    return unsafe fill(slot, key, at: port, remote: remote, now: now, &ports)
  }

  /// Learns a key that is not in the table, as ``find(_:)`` has shown by walking its chain to the end.
  private mutating func insert(
    _ key: FDBKey, at port: PortIndex, remote: Remote, now: UInt32, _ ports: inout PortTable
  ) -> LearnOutcome {
    var index = home(of: key)
    // The first slot of the chain that is stale, or the empty one behind it.
    while unsafe slots[index].key != .empty, unsafe isLive(slots[index], now: now, ports) {
      index = (index &+ 1) & mask
    }
    let isNew = unsafe slots[index].key == .empty
    guard !isNew || occupied < occupiedLimit else { return .refusedTableFull }
    let outcome = unsafe fill(slots + index, key, at: port, remote: remote, now: now, &ports)
    if isNew, case .learned = outcome { occupied += 1 }
    return outcome
  }

  /// Writes a new entry into an empty or stale slot, if the limits allow.
  private mutating func fill(
    _ slot: UnsafeMutablePointer<FDBEntry>, _ key: FDBKey, at port: PortIndex, remote: Remote, now: UInt32,
    _ ports: inout PortTable
  ) -> LearnOutcome {
    let old = unsafe slot.pointee
    let state = unsafe ports.states[Int(port)]
    // An expired entry still counts for its port; it will not when it has made room.
    let isCounted = unsafe old.key != .empty && ports.states[Int(old.port)].incarnation == old.incarnation
    guard ports.entryCount - (isCounted ? 1 : 0) < capacity else { return .refusedTableFull }
    guard Int(state.entries) - (isCounted && old.port == port ? 1 : 0) < Int(state.learnLimit) else {
      return .refusedPortLimit
    }
    if isCounted { ports.uncountEntry(old.port, incarnation: old.incarnation) }
    unsafe slot.pointee = FDBEntry(
      key: key, incarnation: state.incarnation, port: port, originPort: port, remote: remote, lastSeen: now,
      windowStart: 0, flap: FlapState())
    ports.countEntry(port)
    return .learned
  }

  /// The station is live at another port.
  private mutating func move(
    _ slot: UnsafeMutablePointer<FDBEntry>, to port: PortIndex, remote: Remote, now: UInt32, _ ports: inout PortTable
  ) -> LearnOutcome {
    let old = unsafe slot.pointee
    let inWindow = !isWindowOver(old, now: now)
    if inWindow, old.flap.isPinned { return .refusedPinned }
    if inWindow, old.flap.moves == flapMoves {
      return unsafe pin(slot, seenAt: port, remote: remote, now: now, &ports)
    }
    let state = unsafe ports.states[Int(port)]
    // The station stays where it was: a guest that is at its limit shall not erase others' stations.
    guard state.entries < state.learnLimit else { return .refusedPortLimit }
    unsafe transfer(slot, to: port, remote: remote, now: now, &ports)
    if inWindow {
      unsafe slot.pointee.flap.countMove()
    } else {
      unsafe slot.pointee.flap = FlapState(moves: 1, origin: old.incarnation)
      unsafe slot.pointee.originPort = old.port
      unsafe slot.pointee.windowStart = UInt16(truncatingIfNeeded: now)
    }
    return .moved
  }

  private mutating func pin(
    _ slot: UnsafeMutablePointer<FDBEntry>, seenAt port: PortIndex, remote: Remote, now: UInt32,
    _ ports: inout PortTable
  ) -> LearnOutcome {
    let old = unsafe slot.pointee
    let origin = unsafe ports.states[Int(old.originPort)].incarnation
    let kept = origin != 0 && old.flap.isOrigin(origin) ? old.originPort : old.port
    if kept != old.port {
      // Which remote the station had at its first port is not known any more; its next frame will tell.
      unsafe transfer(slot, to: kept, remote: kept == port ? remote : .everyone, now: now, &ports)
    }
    unsafe slot.pointee.lastSeen = now
    unsafe slot.pointee.flap = .pinned
    unsafe slot.pointee.windowStart = UInt16(truncatingIfNeeded: now)
    return .pinned(kept: kept, refused: kept == port ? old.port : port)
  }

  private func transfer(
    _ slot: UnsafeMutablePointer<FDBEntry>, to port: PortIndex, remote: Remote, now: UInt32, _ ports: inout PortTable
  ) {
    unsafe ports.uncountEntry(slot.pointee.port, incarnation: slot.pointee.incarnation)
    unsafe slot.pointee.port = port
    unsafe slot.pointee.incarnation = unsafe ports.states[Int(port)].incarnation
    unsafe slot.pointee.remote = remote
    unsafe slot.pointee.lastSeen = now
    ports.countEntry(port)
  }

  /// Whether nothing that the entry knows of moves, or of a pin, counts any more.
  func isWindowOver(_ entry: FDBEntry, now: UInt32) -> Bool {
    if entry.flap == FlapState() { return true }
    let length = entry.flap.isPinned ? pinSeconds : flapWindowSeconds
    return UInt16(truncatingIfNeeded: now) &- entry.windowStart >= length
  }
}
