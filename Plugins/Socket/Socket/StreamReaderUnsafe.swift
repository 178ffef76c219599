import CLinux
import CTransport
import Glibc
import TransportKit

/// Takes a stream of `u32 length in network order, frame` apart. One forwarding thread.
///
/// Bytes are read into one buffer, many frames a read, and handed on where they lie. Only a frame that the end of the
/// buffer cut is moved to its beginning, before the next read.
@safe
struct StreamReader: ~Copyable {
  /// Bytes of the buffer.
  static let capacity = 65_536
  /// Frames a call.
  static let batch = 64
  /// Bytes of the length before a frame.
  static let prefix = 4

  private let memory = ReceiveBuffers(slots: 1, headBytes: capacity, tailBytes: 0)
  private let buffer: UnsafeMutableRawPointer
  private let pieces: UnsafeMutablePointer<umbel_piece>
  private let port: UInt32
  // What has been read and not been handed on.
  private var start = 0
  private var end = 0
  /// Frames are at hand that were read before a restart: the socket does not say so.
  private var hasAdopted = false

  /// - Parameter unread: what was read of the stream before, at most `capacity` bytes.
  init(port: UInt32, unread: [UInt8] = []) {
    self.port = port
    unsafe buffer = memory.head(0).baseAddress!
    unsafe memory.head(0).copyBytes(from: unread)
    end = unread.count
    unsafe pieces = .allocate(capacity: StreamReader.batch)
    unsafe pieces.initialize(repeating: umbel_piece(), count: StreamReader.batch)
    if case .incomplete = next { return }
    hasAdopted = true
  }

  deinit { unsafe pieces.deallocate() }

  /// Begins with another stream: what was read of the last one and not handed on is gone.
  mutating func reset() {
    start = 0
    end = 0
    hasAdopted = false
  }

  /// What has been read and not been handed on.
  var unread: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: buffer + start, count: end - start)) }

  /// What to poll the socket for: that it can be written brings the host here for frames of which it knows nothing.
  var events: UInt32 { hasAdopted ? DescriptorList.readable | DescriptorList.writable : DescriptorList.readable }

  /// The host is here: `hasMore` tells it the rest.
  /// - Returns: whether `events` are others now.
  mutating func noteTurn() -> Bool {
    defer { hasAdopted = false }
    return hasAdopted
  }

  private enum Next {
    case frame(Int)
    case incomplete
    case wrong(UInt32)
  }

  /// Appends the frames at hand; reads when there is none.
  /// - Returns: that the connection is over, and why; frames that came before are appended all the same.
  mutating func receive(from socket: Int32, into frames: inout ReceiveBatch) -> Ending? {
    var isFull = false
    if case .incomplete = next {
      switch read(from: socket) {
      case 0: return .closed
      case let error where error < 0: return error == -EAGAIN ? nil : .error(Int32(-error))
      default: isFull = end == StreamReader.capacity
      }
    }
    while frames.room > 0, frames.count < StreamReader.batch {
      switch next {
      case .frame(let length): append(length, to: &frames)
      case .incomplete:
        frames.hasMore = isFull
        return nil
      case .wrong(let length): return .length(length)
      }
    }
    frames.hasMore = true
    return nil
  }

  @inline(__always)
  private var next: Next {
    guard end &- start >= StreamReader.prefix else { return .incomplete }
    let length = unsafe UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: start, as: UInt32.self))
    guard length >= 14, length <= UMBEL_LARGEST_SEGMENT else { return .wrong(length) }
    return end &- start >= StreamReader.prefix &+ Int(length) ? .frame(Int(length)) : .incomplete
  }

  @inline(__always)
  private mutating func append(_ length: Int, to frames: inout ReceiveBatch) {
    let piece = unsafe pieces + frames.count
    unsafe piece.pointee = umbel_piece(data: buffer + (start &+ StreamReader.prefix), length: length)
    unsafe frames.append(pieces: piece, pieceCount: 1, length: length, port: port)
    start &+= StreamReader.prefix &+ length
  }

  /// Moves the rest to the front and reads behind it. The host no longer holds frames of the last batch.
  /// - Returns: the bytes read, 0 at the stream's end, or `-errno`.
  private mutating func read(from socket: Int32) -> Int {
    if start > 0 {
      unsafe memmove(buffer, buffer + start, end - start)
      end -= start
      start = 0
    }
    while true {
      let count = unsafe recv(socket, buffer + end, StreamReader.capacity - end, Int32(MSG_DONTWAIT))
      if count >= 0 {
        end += count
        return count
      }
      if errno != EINTR { return -Int(errno) }
    }
  }
}
