extension FDB {
  /// Goes through the next slots: empties stale ones and those of forgotten remotes, and ends windows that are over.
  /// - Parameter budget: how many slots; no more than there are.
  mutating func sweep(now: UInt32, budget: Int, _ ports: inout PortTable) {
    let count = min(budget, slotCount)
    // An idle LAN's memory is not even looked at.
    if occupied == 0 {
      forgotten.removeAll()
      return
    }
    var passed = 0
    while passed < count {
      let entry = unsafe slots[cursor]
      if entry.key != .empty {
        if !isLive(entry, now: now, ports) || forgotten.contains(entry) {
          // The next entry of the chain may come to lie here, so the cursor stays.
          remove(at: cursor, &ports)
          continue
        }
        if isWindowOver(entry, now: now) { unsafe slots[cursor].flap = FlapState() }
      }
      cursor = (cursor &+ 1) & mask
      passed += 1
    }
    forgotten.passed(count)
  }

  /// Empties a slot and moves later entries of the chain forward where an empty slot would cut them off from home.
  private mutating func remove(at index: Int, _ ports: inout PortTable) {
    unsafe ports.uncountEntry(slots[index].port, incarnation: slots[index].incarnation)
    var hole = index
    var next = (index &+ 1) & mask
    while unsafe slots[next].key != .empty {
      let home = unsafe home(of: slots[next].key)
      // The entry may move to the hole unless its home lies behind the hole.
      if (next &- home) & mask >= (next &- hole) & mask {
        unsafe slots[hole] = unsafe slots[next]
        hole = next
      }
      next = (next &+ 1) & mask
    }
    unsafe slots[hole].key = .empty
    occupied -= 1
  }

  /// Begins to forget the stations behind a remote of a port: the sweep removes them on its next round. Until then they
  /// are found as before, which is harmless: a transport sends what is for a remote that is gone to everyone.
  mutating func forget(_ remote: Remote, of port: PortIndex, now: UInt32, _ ports: inout PortTable) {
    if forgotten.isFull { sweep(now: now, budget: slotCount, &ports) }
    unsafe forgotten.append(remote, incarnation: ports.states[Int(port)].incarnation, slots: slotCount)
  }

  /// Writes live entries from slot `first` on.
  /// - Returns: how many were written, and the slot to go on with; nil: the end was reached.
  func dump(
    from first: Int, into buffer: UnsafeMutableBufferPointer<FDBRecord>, budget: Int, now: UInt32,
    _ ports: borrowing PortTable
  ) -> (written: Int, next: Int?) {
    var written = 0
    var index = first
    let end = min(slotCount, first + budget)
    while index < end, written < buffer.count {
      let entry = unsafe slots[index]
      if entry.key != .empty, isLive(entry, now: now, ports) {
        unsafe buffer.initializeElement(
          at: written,
          to: FDBRecord(
            vlan: entry.key.vlan, address: entry.key.address, port: entry.port, remote: entry.remote,
            ageSeconds: now &- entry.lastSeen, isPinned: entry.flap.isPinned && !isWindowOver(entry, now: now)))
        written += 1
      }
      index += 1
    }
    return (written, index < slotCount ? index : nil)
  }
}
