import Agent
import CTransport

/// A frame of the queue's tests.
struct QueuedFrame: Equatable {
  var bytes: [UInt8]
  var remote: UInt64 = 0
  var gsoSize: UInt16 = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Bytes that follow from `serial`.
  init(length: Int, serial: Int) {
    bytes = []
    bytes.reserveCapacity(length)
    for offset in 0..<length {
      bytes.append(UInt8(truncatingIfNeeded: offset &* 31 &+ serial &* 7 &+ offset / 256))
    }
  }

  /// Bytes that it takes in the queue.
  var record: Int { (32 + bytes.count + 15) & ~15 }
}

/// A queue in a class: expectations take what they look at by copy.
final class TestQueue {
  private var queue: FrameQueue

  init(capacity: Int) throws { queue = try FrameQueue(capacity: capacity) }

  var frameCount: Int { queue.frameCount }
  var usedBytes: Int { queue.usedBytes }
  var isEmpty: Bool { queue.isEmpty }
  func releaseIdleMemory() { queue.releaseIdleMemory() }

  /// - Parameter cuts: lengths of the first pieces; the rest is the last.
  func add(_ frame: QueuedFrame, cutAt cuts: [Int] = []) -> Bool {
    let lengths = cuts + [frame.bytes.count - cuts.reduce(0, +)]
    return unsafe frame.bytes.withUnsafeBytes { bytes in
      var pieces = unsafe [umbel_piece]()
      var offset = 0
      for length in lengths {
        unsafe pieces.append(umbel_piece(data: bytes.baseAddress! + offset, length: length))
        offset += length
      }
      return unsafe pieces.withUnsafeBufferPointer { pieces in
        var description = unsafe umbel_frame()
        unsafe description.pieces = pieces.baseAddress
        unsafe description.piece_count = UInt32(pieces.count)
        unsafe description.length = UInt32(frame.bytes.count)
        unsafe description.remote = umbel_remote(
          index: UInt32(frame.remote >> 32), generation: UInt32(truncatingIfNeeded: frame.remote))
        unsafe description.offload.gso_size = frame.gsoSize
        return unsafe queue.append(&description)
      }
    }
  }

  /// What the queue says of its first frames; one that it describes wrongly has no bytes.
  func look(_ count: Int) -> [QueuedFrame] {
    let frames = UnsafeMutablePointer<umbel_frame>.allocate(capacity: max(count, 1))
    let pieces = UnsafeMutablePointer<umbel_piece>.allocate(capacity: max(count, 1))
    defer {
      unsafe frames.deallocate()
      unsafe pieces.deallocate()
    }
    let found = unsafe queue.peek(frames, pieces, port: 5, count: count)
    return (0..<found).map { index in
      let frame = unsafe frames[index]
      let isWhole = unsafe frame.port == 5 && frame.piece_count == 1 && frame.pieces[0].length == Int(frame.length)
      guard isWhole else { return QueuedFrame(bytes: []) }
      let data = unsafe UnsafeRawBufferPointer(start: frame.pieces[0].data, count: frame.pieces[0].length)
      var result = unsafe QueuedFrame(bytes: Array(data))
      result.remote = unsafe UInt64(frame.remote.index) << 32 | UInt64(frame.remote.generation)
      result.gsoSize = unsafe frame.offload.gso_size
      return result
    }
  }

  func take(_ count: Int) -> [QueuedFrame] {
    let frames = look(count)
    queue.removeFirst(frames.count)
    return frames
  }
}

/// Numbers that are the same in every run.
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
