import CLinux
import CTransport
import Glibc
import LinuxIO
import TransportKit

/// Writes frames as a stream of `u32 length in network order, frame`, many in one call. One forwarding thread.
///
/// A frame of which the socket took a part counts as sent: its rest is kept, and goes before anything else, with the
/// next `send` or after a millisecond (then two, up to 32) if there is none.
@safe
struct StreamWriter: ~Copyable {
  /// Frames a call.
  static let batch = 64
  /// Pieces a frame; the port says so to the host.
  static let mostPieces = 8
  /// Bytes of a frame and its length.
  static let mostRest = prefix + Int(UMBEL_LARGEST_SEGMENT)
  private static let prefix = 4
  private static let firstDelay: UInt64 = 1_000_000
  private static let lastDelay: UInt64 = 32_000_000

  private let prefixes: UnsafeMutablePointer<UInt32>
  private let vectors: UnsafeMutablePointer<iovec>
  // The whole of a frame that was cut; from restStart on it is still to be sent.
  private let rest: UnsafeMutableRawBufferPointer
  private var restStart = 0
  private var restEnd = 0

  /// When `finish` is to be called, nanoseconds of CLOCK_MONOTONIC; `UInt64.max`: nothing is kept.
  private(set) var deadline = UInt64.max
  private var delay = firstDelay
  private var sendErrors = SendErrorCounters()

  /// - Parameter unsent: what is to be sent before any frame, at most `mostRest` bytes.
  init(unsent: [UInt8] = []) {
    unsafe prefixes = .allocate(capacity: StreamWriter.batch)
    unsafe prefixes.initialize(repeating: 0, count: StreamWriter.batch)
    unsafe vectors = .allocate(capacity: StreamWriter.batch * (StreamWriter.mostPieces + 1))
    unsafe vectors.initialize(repeating: iovec(), count: StreamWriter.batch * (StreamWriter.mostPieces + 1))
    unsafe rest = .allocate(byteCount: StreamWriter.mostRest, alignment: 8)
    unsafe rest.copyBytes(from: unsent)
    restEnd = unsent.count
    if restEnd > 0 { deadline = monotonicNanoseconds() &+ delay }
  }

  deinit {
    unsafe prefixes.deallocate()
    unsafe vectors.deallocate()
    unsafe rest.deallocate()
  }

  /// What is to be sent before any frame.
  var unsent: [UInt8] { unsafe Array(rest[restStart..<restEnd]) }

  /// Begins with another stream: the rest of a frame that the last one did not take is gone.
  mutating func reset() {
    restStart = 0
    restEnd = 0
    deadline = .max
  }

  /// Sends one batch.
  mutating func send(_ frames: SendBatch, to socket: Int32) -> SendOutcome {
    if restEnd > 0 {
      flush(socket)
      if restEnd > 0 { return .notNow }
    }
    let most = min(frames.count, StreamWriter.batch)
    var count = 0
    var vectorCount = 0
    while count < most {
      let frame = frames[count]
      guard frame.length >= 14, frame.length <= Int(UMBEL_LARGEST_SEGMENT), frame.pieceCount <= StreamWriter.mostPieces
      else {
        if count == 0 { return reject(EMSGSIZE) }
        break
      }
      unsafe prefixes[count] = UInt32(truncatingIfNeeded: frame.length).bigEndian
      unsafe vectors[vectorCount] = iovec(iov_base: prefixes + count, iov_len: StreamWriter.prefix)
      for piece in 0..<frame.pieceCount {
        let piece = unsafe frame.pieces[piece]
        vectorCount &+= 1
        unsafe vectors[vectorCount] = iovec(
          iov_base: UnsafeMutableRawPointer(mutating: piece.data), iov_len: piece.length)
      }
      vectorCount &+= 1
      count &+= 1
    }
    let written = write(vectorCount, to: socket)
    if written < 0 { return written == -EAGAIN || written == -ENOBUFS ? .notNow : reject(Int32(-written)) }
    return .taken(taken(written, of: frames, count: count))
  }

  /// How many frames `written` bytes stand for; the rest of one that was cut is kept.
  private mutating func taken(_ written: Int, of frames: SendBatch, count: Int) -> Int {
    var left = written
    for index in 0..<count {
      let length = StreamWriter.prefix &+ frames[index].length
      if left == 0 { return index }
      if left < length {
        keep(frames[index], prefix: unsafe prefixes[index], from: left)
        return index &+ 1
      }
      left &-= length
    }
    return count
  }

  private mutating func keep(_ frame: OutgoingFrame, prefix: UInt32, from start: Int) {
    unsafe rest.storeBytes(of: prefix, as: UInt32.self)
    unsafe frame.copy(to: UnsafeMutableRawBufferPointer(rebasing: rest[StreamWriter.prefix...]))
    restStart = start
    restEnd = StreamWriter.prefix + frame.length
    delay = StreamWriter.firstDelay
    deadline = monotonicNanoseconds() &+ delay
  }

  /// Tries to send what is kept, because the deadline has passed.
  mutating func finish(_ socket: Int32, now: UInt64) {
    if restEnd == 0 { return }
    flush(socket)
    if restEnd == 0 { return }
    delay = min(delay * 2, StreamWriter.lastDelay)
    deadline = now &+ delay
  }

  private mutating func flush(_ socket: Int32) {
    unsafe vectors[0] = iovec(iov_base: rest.baseAddress! + restStart, iov_len: restEnd - restStart)
    let written = write(1, to: socket)
    if written == -EAGAIN || written == -ENOBUFS { return }
    if written < 0 {
      // The connection is gone, which reading tells.
      sendErrors.record(Int32(-written))
      restStart = restEnd
    } else {
      restStart += written
    }
    if restStart == restEnd {
      restStart = 0
      restEnd = 0
      deadline = UInt64.max
    }
  }

  /// writev without waiting and without SIGPIPE.
  /// - Returns: the bytes written, or `-errno`.
  private func write(_ vectorCount: Int, to socket: Int32) -> Int {
    var message = unsafe msghdr()
    unsafe message.msg_iov = unsafe vectors
    unsafe message.msg_iovlen = vectorCount
    while true {
      let written = unsafe sendmsg(socket, &message, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
      if written >= 0 { return written }
      if errno != EINTR { return -Int(errno) }
    }
  }

  private mutating func reject(_ code: Int32) -> SendOutcome {
    sendErrors.record(code)
    return .rejected(code)
  }

  /// Appends all counters.
  func report(to counters: inout CounterList) {
    sendErrors.report(to: &counters)
  }
}
