package import CTransport
package import LinuxIO

/// A queue on its way to a forwarding thread, and the one that it replaces on its way back.
package final class FrameQueueBox {
  package var queue: FrameQueue

  /// - Parameter capacity: see ``FrameQueue``.
  package init(capacity: Int) throws(Errno) { queue = try FrameQueue(capacity: capacity) }
}

/// The frames that a port could not send yet, copied, in order, bounded in bytes.
///
/// A ring of records, each a header and the frame's bytes, 16-byte aligned and never wrapped in the middle: when the end
/// is too near, a filler header sends the reader to the start. The memory is mapped lazily, so a port that never falls
/// behind costs nothing, and given back once the queue has run empty for a while. Used by one forwarding thread.
@safe
package struct FrameQueue: ~Copyable {
  private struct Record {
    var length: UInt32
    var isFiller: UInt32
    var remote: umbel_remote
    var offload: umbel_offload
    var flags: UInt32 = 0
  }

  private static let headerBytes = 32
  private let memory: MappedMemory
  private let capacity: Int
  private var readOffset = 0
  private var writeOffset = 0

  /// Bytes in use, with headers and fillers.
  package private(set) var usedBytes = 0
  /// Frames in the queue.
  package private(set) var frameCount = 0
  /// Whether pages were touched since they were last given back.
  private var isTouched = false

  /// - Parameter capacity: bytes, rounded up to a multiple of 16; a frame takes its length and 32 bytes.
  package init(capacity: Int) throws(Errno) {
    self.capacity = (capacity + 15) & ~15
    // One header more than the capacity: the filler before the end may have less room than its header takes.
    memory = try MappedMemory(byteCount: self.capacity + Self.headerBytes)
  }

  package var isEmpty: Bool { frameCount == 0 }

  /// Copies a frame to the end of the queue.
  /// - Returns: false when there is no room; nothing was copied then.
  package mutating func append(_ frame: UnsafePointer<umbel_frame>) -> Bool {
    let length = unsafe Int(frame.pointee.length)
    let needed = (Self.headerBytes + length + 15) & ~15
    let toEnd = capacity - writeOffset
    let filler = needed > toEnd ? toEnd : 0
    guard usedBytes + filler + needed <= capacity else { return false }
    isTouched = true
    if filler > 0 {
      unsafe record(at: writeOffset).initialize(
        to: Record(length: UInt32(filler), isFiller: 1, remote: umbel_remote(), offload: umbel_offload()))
      writeOffset = 0
    }
    unsafe record(at: writeOffset).initialize(
      to: Record(
        length: UInt32(length), isFiller: 0, remote: frame.pointee.remote, offload: frame.pointee.offload,
        flags: frame.pointee.flags))
    var destination = unsafe memory.bytes.baseAddress! + writeOffset + Self.headerBytes
    for index in unsafe 0..<Int(frame.pointee.piece_count) {
      let piece = unsafe frame.pointee.pieces[index]
      unsafe destination.copyMemory(from: piece.data, byteCount: piece.length)
      unsafe destination += piece.length
    }
    writeOffset = writeOffset + needed == capacity ? 0 : writeOffset + needed
    usedBytes += filler + needed
    frameCount += 1
    return true
  }

  /// Describes the first frames without taking them out.
  /// - Parameters:
  ///   - frames: where they are described; the descriptions are valid until the next call that changes the queue.
  ///   - pieces: one for each frame, what the descriptions point to.
  ///   - port: the number that the frames carry.
  ///   - count: how many at most; both memories have room for that many.
  /// - Returns: how many were described.
  package borrowing func peek(
    _ frames: UnsafeMutablePointer<umbel_frame>, _ pieces: UnsafeMutablePointer<umbel_piece>, port: UInt32, count: Int
  ) -> Int {
    let wanted = min(count, frameCount)
    var offset = readOffset
    for index in 0..<wanted {
      var record = unsafe record(at: offset)
      if unsafe record.pointee.isFiller == 1 {
        offset = 0
        unsafe record = self.record(at: 0)
      }
      let length = unsafe record.pointee.length
      unsafe pieces[index] = umbel_piece(
        data: memory.bytes.baseAddress! + offset + Self.headerBytes, length: Int(length))
      unsafe frames[index] = umbel_frame(
        pieces: pieces + index, piece_count: 1, length: length, port: port, zero: 0, remote: record.pointee.remote,
        offload: record.pointee.offload, flags: record.pointee.flags, reserved: (0, 0))
      offset += (Self.headerBytes + Int(length) + 15) & ~15
      if offset == capacity { offset = 0 }
    }
    return wanted
  }

  /// Takes the first `count` frames out.
  package mutating func removeFirst(_ count: Int) {
    precondition(count <= frameCount, "only what peek described is taken")
    for _ in 0..<count {
      if unsafe record(at: readOffset).pointee.isFiller == 1 {
        usedBytes -= unsafe Int(record(at: readOffset).pointee.length)
        readOffset = 0
      }
      let size = unsafe (Self.headerBytes + Int(record(at: readOffset).pointee.length) + 15) & ~15
      usedBytes -= size
      readOffset = readOffset + size == capacity ? 0 : readOffset + size
    }
    frameCount -= count
    if frameCount == 0 {
      // From the start again, so that short queues stay on the same few pages.
      readOffset = 0
      writeOffset = 0
      usedBytes = 0
    }
  }

  /// Gives the memory of an empty queue back to the kernel. A system call; meant for a tick.
  package mutating func releaseIdleMemory() {
    guard isTouched, isEmpty else { return }
    memory.discardContents()
    isTouched = false
  }

  private borrowing func record(at offset: Int) -> UnsafeMutablePointer<Record> {
    unsafe (memory.bytes.baseAddress! + offset).assumingMemoryBound(to: Record.self)
  }
}
