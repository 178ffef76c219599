import CRecording
package import CTransport
package import Recording
import Switching
import Synchronization

/// The writing end of a ring; see `RingLayout`. Made by the control thread, used by the forwarding thread of the LAN.
///
/// Bytes are reserved a part of the ring at a time, and records published a batch at a time: in between a record costs
/// what it takes to write it.
@unsafe
package struct RingWriter: ~Copyable {
  private let memory: RingMemory
  private let published: UnsafePointer<Atomic<UInt64>>
  /// Where the next record is written, up to twice the ring's bytes behind its beginning; records so far; their time.
  private var cursor: crecording_cursor
  /// What is reserved ends here.
  private var limit: UnsafeMutablePointer<UInt8>
  /// The first byte of `memory.records`, and its position.
  private let records: UnsafeMutablePointer<UInt8>
  private var lap: UInt64 = 0

  package init(_ memory: RingMemory) {
    unsafe self.memory = memory
    unsafe published = UnsafePointer(memory.word(at: RingLayout.publishedOffset))
    unsafe records = memory.records.assumingMemoryBound(to: UInt8.self)
    unsafe limit = records
    unsafe cursor = crecording_cursor(next: records, count: 0, time: 0, snaplen: UInt32(memory.snaplen), zero: 0)
  }

  /// Nanoseconds since 1970: of the records that are written next.
  package var time: UInt64 {
    get { unsafe cursor.time }
    set { unsafe cursor.time = newValue }
  }

  /// What became of a frame.
  @unsafe
  package struct Fate {
    /// It goes out; otherwise it came in.
    var isLeaving: Bool
    /// A reason's raw value, or one of `RingLayout`.
    var outcome: UInt8
    /// Of a frame that goes to one port: its number.
    var peer: UInt32 = 0

    package init(isLeaving: Bool, outcome: UInt8) {
      unsafe self.isLeaving = isLeaving
      unsafe self.outcome = outcome
    }

    /// Of a frame that came in and went that way.
    @inline(__always)
    init(_ way: FrameWay) {
      if let target = unsafe way.target {
        unsafe self.init(isLeaving: false, outcome: RingLayout.passed)
        unsafe peer = target.pointee.number
      } else {
        unsafe self.init(isLeaving: false, outcome: way.ending)
      }
    }

    /// Whether the frame's pieces are what they should be; what goes to a port was found to be so.
    var isReadable: Bool { unsafe peer != 0 || outcome != DropReason.malformed.rawValue }
  }

  /// Records a frame; of one whose pieces are not what they should be, no bytes.
  /// - Parameter port: where it came in or goes out.
  package mutating func append(_ frame: UnsafePointer<umbel_frame>, port: UInt32, _ fate: Fate) {
    let length = unsafe frame.pointee.length
    let kept = unsafe fate.isReadable ? Int(min(length, cursor.snaplen)) : 0
    var record = unsafe RingRecord(
      kept: kept, length: length, time: time, port: port, peer: fate.peer, isLeaving: fate.isLeaving,
      outcome: fate.outcome)
    if kept > 0, unsafe frame.pointee.offload.gso_type != 0 {
      unsafe record.segmentation = frame.pointee.offload.gso_type
      unsafe record.segmentSize = frame.pointee.offload.gso_size
    }
    unsafe Self.copy(frame, kept, to: place(for: record))
  }

  /// Records the frames of some turns that came in by one port, until it comes to one that ``append(firstOf:port:)``
  /// has to do, or to another port.
  /// - Parameters:
  ///   - turns: of the one where it ended, the frame is the one at which it did. One more tells where the last one ends.
  ///   - frameCount: frames of all turns.
  /// - Returns: how many turns have been done.
  @inline(__always)
  mutating func append(
    _ turns: UnsafeMutablePointer<crecording_turn>, count: Int, frameCount: Int, port: UInt32
  ) -> Int {
    let most = frameCount &* Int(CRECORDING_LONGEST_RECORD)
    if unsafe cursor.next + most > limit { unsafe reserve(most) }
    return unsafe crecording_append(&cursor, turns, count, port)
  }

  /// Records the first frame of a turn, whatever it is like, and takes it off.
  mutating func append(firstOf turn: inout crecording_turn, port: UInt32) {
    var fate = unsafe Fate(isLeaving: false, outcome: UInt8(truncatingIfNeeded: turn.fate >> 8))
    unsafe fate.peer = turn.peer
    unsafe append(turn.frame, port: port, fate)
    unsafe turn.frame += 1
  }

  /// Shows readers what was written so far.
  @inline(__always)
  package func publish() {
    unsafe published.pointee.store(lap &+ UInt64(truncatingIfNeeded: cursor.next - records), ordering: .releasing)
  }

  /// Writes the header of a record.
  /// - Returns: where the frame's bytes go.
  private mutating func place(for record: RingRecord) -> UnsafeMutableRawPointer {
    let size = Int(record.recordBytes)
    if unsafe cursor.next + size > limit { unsafe reserve(size) }
    let place = unsafe UnsafeMutableRawPointer(cursor.next!)
    unsafe place.storeBytes(of: record, as: RingRecord.self)
    unsafe cursor.next += size
    unsafe cursor.count &+= 1
    return unsafe place + MemoryLayout<RingRecord>.size
  }

  /// Takes the oldest bytes for records of `size` bytes and those that follow them.
  // Not inlined: it happens once for a part of the ring.
  @inline(never)
  private mutating func reserve(_ size: Int) {
    if unsafe cursor.next >= records + memory.byteCount {
      unsafe cursor.next -= memory.byteCount
      unsafe lap &+= UInt64(memory.byteCount)
    }
    let part = unsafe UInt64(memory.partBytes)
    let position = unsafe lap &+ UInt64(cursor.next - records)
    let reserved = (position &+ UInt64(size) &+ part) & ~(part &- 1)
    unsafe memory.word(at: RingLayout.reservedOffset).pointee.store(reserved, ordering: .relaxed)
    // Before any byte of it is written.
    atomicMemoryFence(ordering: .releasing)
    let mark = RingLayout.marksOffset &+ 16 &* Int(position / part % UInt64(RingLayout.marks))
    unsafe memory.word(at: mark).pointee.store(position, ordering: .relaxed)
    unsafe memory.word(at: mark &+ 8).pointee.store(cursor.count, ordering: .relaxed)
    unsafe limit = records + Int(reserved &- lap)
  }

  @inline(never)
  private static func copy(_ frame: UnsafePointer<umbel_frame>, _ count: Int, to bytes: UnsafeMutableRawPointer) {
    var offset = 0
    for index in unsafe 0..<Int(frame.pointee.piece_count) where offset < count {
      let piece = unsafe frame.pointee.pieces[index]
      let length = unsafe min(piece.length, count &- offset)
      unsafe (bytes + offset).copyMemory(from: piece.data, byteCount: length)
      offset &+= length
    }
  }
}
