public import Synchronization

/// The counters of one port. Its forwarding thread writes them, any thread may read.
///
/// A value is a handle: it points into the storage of the ``Switch`` and is valid as long as that. The counters lie
/// there, and not in the switch's own struct, because a read through the struct while it is being mutated would break
/// exclusive access. With one writer, a relaxed load and store is a plain increment in machine code.
@usableFromInline @safe package struct PortCounters: @unchecked Sendable {
  // Sendable because all access is atomic.
  @usableFromInline let counters: UnsafeMutablePointer<Atomic<UInt64>>

  /// Where each counter lies. The drops follow, one for each reason.
  @usableFromInline enum Place: Int, CaseIterable {
    case receivedFrames, receivedBytes, sentFrames, sentBytes, flooded, moves
    case refusedTableFull, refusedPortLimit, refusedPinned, mssClamped, fragmented
    case segmentedFrames, segments, coalescedFrames, coalescedSegments
  }

  private static var firstDrop: Int { Place.allCases.count }
  private static var count: Int { firstDrop + DropReason.allCases.count }

  /// Bytes that the counters of one port take: whole cache lines, so that ports do not share one.
  static let byteCount = 320

  /// - Parameter storage: ``byteCount`` zeroed bytes, aligned to 8. An atomic zero is all zero bits.
  init(_ storage: UnsafeMutableRawPointer) {
    unsafe counters = unsafe storage.bindMemory(
      to: Atomic<UInt64>.self, capacity: PortCounters.byteCount / MemoryLayout<Atomic<UInt64>>.stride)
  }

  @inlinable @inline(__always) func add(_ amount: UInt64, at place: Int) {
    let value = unsafe counters[place].load(ordering: .relaxed)
    unsafe counters[place].store(value &+ amount, ordering: .relaxed)
  }

  func add(_ place: Place) { add(1, at: place.rawValue) }

  func reset() {
    for place in 0..<PortCounters.count {
      unsafe counters[place].store(0, ordering: .relaxed)
    }
  }

  /// Counts a frame that came in. Forwarding thread.
  @inlinable package func countReceived(bytes: Int) {
    add(1, at: Place.receivedFrames.rawValue)
    add(UInt64(truncatingIfNeeded: bytes), at: Place.receivedBytes.rawValue)
  }

  /// Counts a frame that the transport took. Forwarding thread.
  @inlinable package func countSent(bytes: Int) {
    add(1, at: Place.sentFrames.rawValue)
    add(UInt64(truncatingIfNeeded: bytes), at: Place.sentBytes.rawValue)
  }

  /// Counts a frame that ended here. Forwarding thread.
  package func countDrop(_ reason: DropReason) {
    add(1, at: PortCounters.firstDrop &+ Int(reason.rawValue))
  }

  /// Counts a TCP connection whose MSS was lowered. Forwarding thread.
  package func countClamped() { add(.mssClamped) }

  /// Counts a frame that is sent although the underlay does not carry it in one piece. Forwarding thread.
  package func countFragmented() { add(.fragmented) }

  /// Counts a frame that was cut into segments. Forwarding thread.
  package func countSegmented(into segments: Int) {
    add(.segmentedFrames)
    add(UInt64(truncatingIfNeeded: segments), at: Place.segments.rawValue)
  }

  /// Counts segments that became one frame. Forwarding thread.
  package func countCoalesced(segments: Int) {
    add(.coalescedFrames)
    add(UInt64(truncatingIfNeeded: segments), at: Place.coalescedSegments.rawValue)
  }

  /// All counters in one list, in an order of this version of the program. Any thread.
  package var values: [UInt64] { (0..<PortCounters.count).map { unsafe counters[$0].load(ordering: .relaxed) } }

  /// Adds what the same port had counted in another process. Forwarding thread.
  /// - Parameter values: as ``values`` gave them; of a list of another length nothing.
  package func carry(_ values: [UInt64]) {
    guard values.count == PortCounters.count else { return }
    for (place, value) in values.enumerated() { add(value, at: place) }
  }

  /// The values now. Any thread; the counters are read one after the other, so a frame may be in one and not yet in
  /// another.
  package func snapshot() -> PortStatistics {
    func value(_ place: Place) -> UInt64 { unsafe counters[place.rawValue].load(ordering: .relaxed) }
    return PortStatistics(
      receivedFrames: value(.receivedFrames), receivedBytes: value(.receivedBytes), sentFrames: value(.sentFrames),
      sentBytes: value(.sentBytes), flooded: value(.flooded), moves: value(.moves),
      refusedTableFull: value(.refusedTableFull), refusedPortLimit: value(.refusedPortLimit),
      refusedPinned: value(.refusedPinned), mssClamped: value(.mssClamped), fragmented: value(.fragmented),
      segmentedFrames: value(.segmentedFrames), segments: value(.segments),
      coalescedFrames: value(.coalescedFrames), coalescedSegments: value(.coalescedSegments),
      drops: DropReason.allCases.map { reason in
        unsafe counters[PortCounters.firstDrop + Int(reason.rawValue)].load(ordering: .relaxed)
      })
  }
}
