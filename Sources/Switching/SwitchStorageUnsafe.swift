/// Where a switch's tables lie in the memory it was given.
///
///     FDB slots | port counters | port states | storm meters | list of guest ports | list of trunk ports
@safe struct SwitchStorage {
  let slots: UnsafeMutablePointer<FDBEntry>
  let slotCount: Int
  let counters: UnsafeMutableRawPointer
  let portStates: UnsafeMutablePointer<PortState>
  let stormMeters: UnsafeMutablePointer<StormMeter>
  let guestList: UnsafeMutablePointer<PortIndex>
  let trunkList: UnsafeMutablePointer<PortIndex>

  /// Slots for that many entries: a power of two, at least twice as many.
  static func slotCount(forEntries entries: Int) -> Int {
    var count = 16
    while count < 2 * entries { count *= 2 }
    return count
  }

  static func byteCount(for configuration: SwitchConfiguration) -> Int {
    let perPort =
      PortCounters.byteCount + MemoryLayout<PortState>.stride + MemoryLayout<StormMeter>.stride
      + 2 * MemoryLayout<PortIndex>.stride
    return slotCount(forEntries: configuration.fdbEntries) * MemoryLayout<FDBEntry>.stride
      + configuration.maximumPorts * perPort
  }

  init(_ memory: UnsafeMutableRawBufferPointer, for configuration: SwitchConfiguration) {
    slotCount = SwitchStorage.slotCount(forEntries: configuration.fdbEntries)
    let ports = configuration.maximumPorts
    // Memory that is too small or crooked would be overrun.
    precondition(memory.count >= SwitchStorage.byteCount(for: configuration), "the storage is too small")
    guard var place = memory.baseAddress else { preconditionFailure("no storage was given") }
    precondition(UInt(bitPattern: place) % 64 == 0, "the storage is not aligned to a cache line")
    unsafe slots = unsafe place.bindMemory(to: FDBEntry.self, capacity: slotCount)
    unsafe place += slotCount * MemoryLayout<FDBEntry>.stride
    unsafe counters = unsafe place
    unsafe place += ports * PortCounters.byteCount
    unsafe portStates = unsafe place.bindMemory(to: PortState.self, capacity: ports)
    unsafe place += ports * MemoryLayout<PortState>.stride
    unsafe stormMeters = unsafe place.bindMemory(to: StormMeter.self, capacity: ports)
    unsafe place += ports * MemoryLayout<StormMeter>.stride
    unsafe guestList = unsafe place.bindMemory(to: PortIndex.self, capacity: ports)
    unsafe place += ports * MemoryLayout<PortIndex>.stride
    unsafe trunkList = unsafe place.bindMemory(to: PortIndex.self, capacity: ports)
  }
}
