import CTransport
import Ethernet
import LinuxIO

/// What a forwarding thread writes of frames on their way out, and the pieces that describe them: the headers of
/// segments, the beginnings of frames whose checksum was completed, and whole frames for ports that take few pieces.
///
/// Taken from the start on, and all given back at once, when every batch that points here has been sent; a batch of
/// super-frames takes a few kilobytes again and again, which stay in the processor's cache.
@safe
struct FrameArena: ~Copyable {
  /// Room for the longest frame, and for the headers of several hundred segments.
  private static let byteCapacity = 128 << 10
  private static let pieceCapacity = 2_048

  /// The bytes, and behind them the pieces.
  private let memory: MappedMemory
  private var usedBytes = 0
  private var usedPieces = 0

  init() throws(Errno) {
    let pieceBytes = unsafe Self.pieceCapacity * MemoryLayout<umbel_piece>.stride
    memory = try MappedMemory(byteCount: Self.byteCapacity + pieceBytes)
  }

  /// Whether there is room for so much: no more than ``UMBEL_LARGEST_FRAME`` and one more than ``UMBEL_MOST_PIECES`` is
  /// ever asked for, which an empty arena has.
  func hasRoom(bytes: Int, pieces: Int) -> Bool {
    usedBytes &+ bytes <= Self.byteCapacity && usedPieces &+ pieces <= Self.pieceCapacity
  }

  /// Where the free room begins.
  var free: FrameRoom {
    let start = unsafe memory.bytes.baseAddress!
    let pieces = unsafe (start + Self.byteCapacity).assumingMemoryBound(to: umbel_piece.self)
    return unsafe FrameRoom(bytes: start + usedBytes, pieces: pieces + usedPieces)
  }

  /// Keeps so much of the free room.
  mutating func keep(bytes: Int, pieces: Int) {
    usedBytes &+= bytes
    usedPieces &+= pieces
  }

  mutating func removeAll() {
    usedBytes = 0
    usedPieces = 0
  }
}

/// Free room of the arena, for one frame.
@safe
struct FrameRoom {
  let bytes: UnsafeMutableRawPointer
  let pieces: UnsafeMutablePointer<umbel_piece>
}

/// A frame that begins with bytes written into free room of the arena; what follows them is slices of another frame,
/// described behind the room's first piece.
@safe
struct WrittenFrame {
  let room: FrameRoom
  /// Bytes that have been written.
  let head: Int
  var sliceCount = 0
  /// Bytes of the slices.
  var sliceBytes = 0
  var offload = umbel_offload()
}

/// A place in a frame, from which its bytes are taken one stretch after the other.
@safe
struct FrameCursor {
  private var piece: UnsafePointer<umbel_piece>
  /// Bytes of that piece that have been taken.
  private var offset = 0

  /// At the frame's first byte.
  init(_ frame: UnsafePointer<umbel_frame>) { unsafe piece = frame.pointee.pieces }

  /// Takes the next bytes; the frame has as many.
  /// - Parameter slices: room to describe them, one for each of the frame's pieces at most.
  /// - Returns: how many slices they are, and their sum.
  @inline(__always)
  mutating func take(_ count: Int, into slices: UnsafeMutablePointer<umbel_piece>) -> (Int, InternetChecksum) {
    var sum = InternetChecksum()
    var sliceCount = 0
    var rest = count
    while rest > 0 {
      let slice = unsafe next(atMost: rest)
      if unsafe slice.length == 0 { continue }
      unsafe sum.add(slice.data, count: slice.length)
      unsafe (slices + sliceCount).initialize(to: slice)
      sliceCount &+= 1
      unsafe rest &-= slice.length
    }
    return (sliceCount, sum)
  }

  /// Copies the next bytes; the frame has as many.
  mutating func copy(_ count: Int, into bytes: UnsafeMutableRawPointer) {
    var copied = 0
    while copied < count {
      let slice = unsafe next(atMost: count &- copied)
      unsafe (bytes + copied).copyMemory(from: slice.data, byteCount: slice.length)
      unsafe copied &+= slice.length
    }
  }

  /// Passes over the next bytes; the frame has as many.
  mutating func skip(_ count: Int) {
    var rest = count
    while rest > 0 { unsafe rest &-= next(atMost: rest).length }
  }

  /// What lies together from here on; no bytes at the end of a piece.
  @inline(__always)
  private mutating func next(atMost count: Int) -> umbel_piece {
    let left = unsafe piece.pointee.length &- offset
    let slice = unsafe umbel_piece(data: piece.pointee.data + offset, length: min(left, count))
    if left <= count {
      unsafe piece += 1
      offset = 0
    } else {
      offset &+= count
    }
    return unsafe slice
  }
}
