// The forwarding database: which port a station (VLAN id, MAC address) is behind.
//
// A hash table with linear probing in fixed memory, mapped by the kernel page by page as it is used, so zero = empty.
// A chain is the run of occupied slots from a key's home to the next empty slot; a key is in its chain or nowhere.
//
//   slot     | means                                          | found | in chains | becomes
//   empty    | never used, or swept                           | no    | ends them | live
//   live     | learned, its port exists, younger than ageing  | yes   | yes       | live (heard), stale
//   stale    | expired, or its port's incarnation has ended   | no    | yes       | live (any key of the chain), empty
//
// Nothing is scanned when a port ends: its number (incarnation) ends, and with that every entry that carries it. A new
// key takes the first stale slot of its chain, but only after the chain has been walked to its end, for the key may lie
// behind that slot. The sweep empties stale slots, a few at a time; it closes the gap by moving later entries of
// the chain forward, so there are no tombstones.
//
// Limits: at most `capacity` entries of ports that exist, in a table of at least twice as many slots; stale slots of
// ports that are gone may fill it up to three quarters, until the sweep comes by. Full = the station is not learned.
// The hash is seeded, so nobody outside can aim at one chain. Its cost does not depend on how many stations there are.

/// What became of a source address.
enum LearnOutcome {
  /// It is in the table now.
  case learned
  /// It was known at another port.
  case moved
  case refusedTableFull
  case refusedPortLimit
  case refusedPinned
  /// It moved once too often and is pinned from now on.
  case pinned(kept: PortIndex, refused: PortIndex)
}

/// The forwarding database. The ports are passed to each call: which entries are stale depends on them.
@safe struct FDB: ~Copyable {
  let slots: UnsafeMutablePointer<FDBEntry>
  let mask: Int
  let capacity: Int
  let occupiedLimit: Int
  var ageingSeconds: Int32
  let seed: UInt64
  let multiplier: UInt64
  let flapMoves: UInt16
  let flapWindowSeconds: UInt16
  let pinSeconds: UInt16
  /// Slots that are not empty.
  var occupied = 0
  /// The slot that the sweep looks at next.
  var cursor = 0
  var forgotten = ForgottenRemotes()

  init(_ storage: SwitchStorage, _ configuration: SwitchConfiguration, seed: (UInt64, UInt64)) {
    unsafe slots = unsafe storage.slots
    mask = storage.slotCount - 1
    capacity = configuration.fdbEntries
    occupiedLimit = storage.slotCount / 4 * 3
    ageingSeconds = Int32(clamping: configuration.ageingSeconds)
    self.seed = seed.0
    // An even multiplier would lose a bit of the key.
    multiplier = seed.1 | 1
    flapMoves = configuration.flapMoves
    flapWindowSeconds = configuration.flapWindowSeconds
    pinSeconds = configuration.pinSeconds
  }

  var slotCount: Int { mask + 1 }

  /// The slot where the key's chain begins: the halves of a 128-bit product folded, for each bit of the key reaches the
  /// lower bits, which are used, in one of them. Seed and multiplier are secret.
  @inline(__always) func home(of key: FDBKey) -> Int {
    let product = (key.rawValue ^ seed).multipliedFullWidth(by: multiplier)
    return Int(truncatingIfNeeded: product.high ^ product.low) & mask
  }

  /// The slot that holds the key, live or stale.
  @inline(__always) func find(_ key: FDBKey) -> UnsafeMutablePointer<FDBEntry>? {
    var index = home(of: key)
    // Ends, because a quarter of the slots is always empty.
    while true {
      let slot = unsafe slots + index
      let found = unsafe slot.pointee.key
      if found == key { return unsafe slot }
      if found == .empty { return nil }
      index = (index &+ 1) & mask
    }
  }

  /// Whether the entry was heard within the ageing time. The clock may stand still but does not go back.
  @inline(__always) func isYoung(_ entry: FDBEntry, now: UInt32) -> Bool {
    Int32(bitPattern: now &- entry.lastSeen) < ageingSeconds
  }

  /// Whether an entry, of a slot that is not empty, may be used: young, and its port the one that it was learned at.
  @inline(__always) func isLive(_ entry: FDBEntry, now: UInt32, _ ports: borrowing PortTable) -> Bool {
    unsafe ports.states[Int(entry.port)].incarnation == entry.incarnation && isYoung(entry, now: now)
  }
}
