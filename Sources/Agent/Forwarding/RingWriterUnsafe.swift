package import CTransport
package import Recording
import Synchronization

/// Bytes are copied in a head and a tail of so many, which may overlap.
private let step = 64

/// The writing end of a ring; see `RingLayout`. Made by the control thread, used by the forwarding thread of the LAN.
///
/// Bytes are reserved a part of the ring at a time, and records published a batch at a time: in between a record costs
/// what it takes to write it.
@unsafe
package struct RingWriter: ~Copyable {
  private let memory: RingMemory
  private let snaplen: UInt32
  /// Nanoseconds since 1970: of the records that are written next.
  package var time: UInt64 = 0
  /// Where the next record is written, up to twice the ring's bytes behind its beginning.
  private var next: UnsafeMutableRawPointer
  /// What is reserved ends here.
  private var limit: UnsafeMutableRawPointer
  /// The position of the first byte of `memory.records`.
  private var lap: UInt64 = 0
  /// Records so far.
  private var count: UInt64 = 0

  package init(_ memory: RingMemory) {
    unsafe self.memory = memory
    unsafe snaplen = UInt32(memory.snaplen)
    unsafe next = memory.records
    unsafe limit = memory.records
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
  }

  /// Records a frame.
  /// - Parameter port: where it came in or goes out.
  @inline(__always)
  package mutating func append(_ frame: UnsafePointer<umbel_frame>, port: UInt32, _ fate: Fate) {
    let length = unsafe frame.pointee.length
    let kept = unsafe Int(min(length, snaplen))
    let record = unsafe begin(kept, length, port, fate)
    if unsafe frame.pointee.offload.gso_type != 0 {
      unsafe record.pointee.segmentation = frame.pointee.offload.gso_type
      unsafe record.pointee.segmentSize = frame.pointee.offload.gso_size
    }
    let bytes = unsafe UnsafeMutableRawPointer(record + 1)
    let first = unsafe frame.pointee.pieces.unsafelyUnwrapped.pointee
    // Most frames are in one piece, and short ones of which little is kept are most of what is recorded.
    if unsafe first.length >= kept && kept >= step && kept <= 2 &* step {
      let tail = kept &- step
      let data = unsafe first.data.unsafelyUnwrapped
      unsafe bytes.copyMemory(from: data, byteCount: step)
      unsafe (bytes + tail).copyMemory(from: data + tail, byteCount: step)
    } else {
      unsafe Self.copy(frame, kept, to: bytes)
    }
  }

  /// Records a frame whose bytes cannot be read.
  package mutating func appendBare(_ frame: UnsafePointer<umbel_frame>, port: UInt32, _ fate: Fate) {
    unsafe _ = begin(0, frame.pointee.length, port, fate)
  }

  /// Shows readers what was written so far.
  @inline(__always)
  package func publish() {
    let position = unsafe lap &+ UInt64(next - memory.records)
    unsafe memory.word(at: RingLayout.publishedOffset).pointee.store(position, ordering: .releasing)
  }

  /// The header of a record of a frame that stands for itself.
  @inline(__always)
  private mutating func begin(
    _ kept: Int, _ length: UInt32, _ port: UInt32, _ fate: Fate
  ) -> UnsafeMutablePointer<RingRecord> {
    let size = (kept &+ (MemoryLayout<RingRecord>.size &+ 7)) & ~7
    if unsafe next + size > limit { unsafe reserve(size) }
    let record = unsafe next.assumingMemoryBound(to: RingRecord.self)
    unsafe record.pointee.recordBytes = UInt32(truncatingIfNeeded: size)
    unsafe record.pointee.length = length
    unsafe record.pointee.time = time
    unsafe record.pointee.port = port
    unsafe record.pointee.peer = fate.peer
    unsafe record.pointee.segmentation = 0
    unsafe record.pointee.direction = fate.isLeaving ? 1 : 0
    unsafe record.pointee.outcome = fate.outcome
    unsafe next += size
    unsafe count &+= 1
    return unsafe record
  }

  /// Takes the oldest bytes for a record of `size` bytes and those that follow it.
  // Not inlined: it happens once for a part of the ring.
  @inline(never)
  private mutating func reserve(_ size: Int) {
    let records = unsafe memory.records
    if unsafe next >= records + memory.byteCount {
      unsafe next -= memory.byteCount
      unsafe lap &+= UInt64(memory.byteCount)
    }
    let part = unsafe UInt64(memory.partBytes)
    let position = unsafe lap &+ UInt64(next - records)
    let reserved = (position &+ UInt64(size) &+ part) & ~(part &- 1)
    unsafe memory.word(at: RingLayout.reservedOffset).pointee.store(reserved, ordering: .relaxed)
    // Before any byte of it is written.
    atomicMemoryFence(ordering: .releasing)
    let mark = RingLayout.marksOffset &+ 16 &* Int(position / part % UInt64(RingLayout.marks))
    unsafe memory.word(at: mark).pointee.store(position, ordering: .relaxed)
    unsafe memory.word(at: mark &+ 8).pointee.store(count, ordering: .relaxed)
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
