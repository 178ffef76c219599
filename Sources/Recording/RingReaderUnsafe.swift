import Synchronization

/// Follows a ring. Reading never disturbs who writes; a reader that is too slow loses records, and counts them.
@safe
package struct RingReader: ~Copyable {
  private let memory: RingMemory
  private var position: UInt64 = 0
  /// Records up to `position`.
  private var passed: UInt64 = 0
  /// Records that were written over before they were read.
  package private(set) var lost: UInt64 = 0
  private var lostBefore: UInt64 = 0

  /// Begins with the first record that was ever written.
  package init(_ memory: RingMemory) { self.memory = memory }

  /// Begins with the oldest record that is still there.
  package static func fromOldest(_ memory: RingMemory) -> RingReader {
    var reader = RingReader(memory)
    if !reader.isThere(0) {
      reader.goOn(from: 0)
      reader.lost = 0
      reader.lostBefore = 0
    }
    return reader
  }

  /// What will be written has been written.
  package var isEnded: Bool { unsafe memory.word(at: RingLayout.endedOffset).pointee.load(ordering: .acquiring) != 0 }

  /// The position behind the last whole record.
  package var end: UInt64 {
    unsafe memory.word(at: RingLayout.publishedOffset).pointee.load(ordering: .acquiring)
  }

  /// The next record.
  /// - Parameters:
  ///   - bytes: gets what was kept of the frame, in place of what it holds.
  ///   - end: records from this position on are left where they are; see ``end``.
  /// - Returns: nil: there is none yet.
  package mutating func next(into bytes: inout [UInt8], before end: UInt64 = .max) -> CaptureRecord? {
    while true {
      let published = min(self.end, end)
      guard position < published else { return nil }
      if let (record, size) = read(published, into: &bytes), isThere(position) {
        position += size
        passed += 1
        defer { lostBefore = 0 }
        var record = record
        record.lostBefore = lostBefore
        return record
      }
      goOn(from: memory.byteCount / 2)
    }
  }

  /// Copies the record at `position`, which may be written over meanwhile.
  private func read(_ published: UInt64, into bytes: inout [UInt8]) -> (CaptureRecord, size: UInt64)? {
    let start = unsafe memory.records + Int(position & UInt64(memory.byteCount - 1))
    let header = unsafe start.load(as: RingRecord.self)
    let headerBytes = MemoryLayout<RingRecord>.size
    let size = Int(header.recordBytes)
    guard size >= headerBytes, size % 8 == 0, size <= memory.byteCount / 2, UInt64(size) <= published - position else {
      return nil
    }
    let kept = min(Int(header.length), memory.snaplen, size - headerBytes)
    bytes.removeAll(keepingCapacity: true)
    unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: start + headerBytes, count: kept))
    let record = CaptureRecord(
      time: header.time, port: header.port, peer: header.peer,
      direction: header.direction == 0 ? .arriving : .leaving, outcome: .init(code: header.outcome),
      length: Int(header.length), segmentSize: header.segmentation == 0 ? 0 : Int(header.segmentSize))
    return (record, UInt64(size))
  }

  /// Whether what was read from `position` on until now was not being written over.
  private func isThere(_ position: UInt64) -> Bool {
    atomicMemoryFence(ordering: .acquiring)
    let reserved = unsafe memory.word(at: RingLayout.reservedOffset).pointee.load(ordering: .relaxed)
    return position + UInt64(memory.byteCount) >= reserved
  }

  /// Goes on at the first mark at least `distance` bytes behind the oldest that is still there, so that it is not
  /// overtaken again at once.
  private mutating func goOn(from distance: Int) {
    // A mark may be written over while it is looked for; the newest is not for a while.
    for _ in 0..<100 {
      guard let mark = mark(behind: distance) else { continue }
      let lost = mark.count - min(passed, mark.count)
      self.lost += lost
      lostBefore += lost
      position = mark.position
      passed = mark.count
      return
    }
    // No ring as it should be: what is there now is left out.
    position = end
    lost += 1
    lostBefore += 1
  }

  private func mark(behind distance: Int) -> (position: UInt64, count: UInt64)? {
    let reserved = unsafe memory.word(at: RingLayout.reservedOffset).pointee.load(ordering: .acquiring)
    let first = max(position, reserved - min(reserved, UInt64(memory.byteCount - distance)))
    var best: (position: UInt64, count: UInt64)?
    for index in 0..<RingLayout.marks {
      let offset = RingLayout.marksOffset + 16 * index
      let place = unsafe memory.word(at: offset).pointee.load(ordering: .acquiring)
      let count = unsafe memory.word(at: offset + 8).pointee.load(ordering: .acquiring)
      guard place >= first, place < best?.position ?? .max else { continue }
      // One that has not been written over by now was not while its two words were read.
      if isThere(place) { best = (place, count) }
    }
    return best
  }
}
