public import CTransport

/// The host's frames that one `receive` fills. Valid during the call only.
@safe
public struct ReceiveBatch {
  @usableFromInline let frames: UnsafeMutableRawPointer
  @usableFromInline let stride: Int
  /// The most frames.
  public let capacity: Int
  @usableFromInline var filled = 0
  /// Set to true when more are at hand that polling would not show, or probably at hand: the host calls again soon.
  public var hasMore = false
  var error: Int32 = 0

  init(_ frames: UnsafeMutablePointer<umbel_frame>, stride: UInt32, capacity: UInt32) {
    unsafe self.frames = UnsafeMutableRawPointer(frames)
    self.stride = Int(stride)
    self.capacity = Int(capacity)
  }

  /// How many have been appended.
  @inlinable public var count: Int { filled }

  /// How many more may be appended.
  @inlinable public var room: Int { capacity &- filled }

  /// Gives the endpoint up: its ports fail with this positive error number.
  public mutating func fail(_ code: Int32) { error = code }

  /// Appends a frame.
  /// - Parameters:
  ///   - pieces: its bytes, the first piece at least `min(length, 64)` of them. They and what they point to are borrowed
  ///     until the next `receive` on this endpoint.
  ///   - pieceCount: how many pieces, 1 or more.
  ///   - length: the sum of the pieces in bytes, 14 or more.
  ///   - port: the number of the port it came in by.
  ///   - remote: who sent it; by default a transport that cannot tell.
  @inlinable
  public mutating func append(
    pieces: UnsafePointer<umbel_piece>, pieceCount: Int, length: Int, port: UInt32,
    remote: umbel_remote = umbel_remote(), offload: umbel_offload = umbel_offload()
  ) {
    // Beyond is the host's memory.
    precondition(filled < capacity, "a batch takes no more than its capacity")
    let frame = unsafe (frames + filled &* stride).assumingMemoryBound(to: umbel_frame.self)
    unsafe frame.pointee = umbel_frame(
      pieces: pieces, piece_count: UInt32(truncatingIfNeeded: pieceCount),
      length: UInt32(truncatingIfNeeded: length), port: port, zero: 0, remote: remote, offload: offload, flags: 0,
      reserved: (0, 0))
    filled &+= 1
  }

  /// Appends what has been received into a slot.
  @inlinable
  public mutating func append(
    _ buffers: borrowing ReceiveBuffers, slot: Int, length: Int, port: UInt32,
    remote: umbel_remote = umbel_remote(), offload: umbel_offload = umbel_offload()
  ) {
    let pieces = unsafe buffers.pieces + slot &* 2
    var pieceCount = 1
    if length <= buffers.headBytes {
      unsafe pieces[0].length = length
    } else {
      unsafe pieces[0].length = buffers.headBytes
      unsafe pieces[1].length = length &- buffers.headBytes
      pieceCount = 2
    }
    unsafe append(
      pieces: pieces, pieceCount: pieceCount, length: length, port: port, remote: remote, offload: offload)
  }

  /// Fills slots one by one with `body` until it has nothing, or the batch or the buffers are full. Slots are used from
  /// the first on; what the last batch left in them is gone.
  /// - Parameters:
  ///   - buffers: without a tail.
  ///   - body: writes one frame and returns its length in bytes; nil: there is none now.
  /// - Returns: how many runts (less than 14 bytes) were left out, to be counted.
  @inlinable @discardableResult
  public mutating func fill(
    from buffers: borrowing ReceiveBuffers, port: UInt32, _ body: (UnsafeMutableRawBufferPointer) -> Int?
  ) -> Int {
    let limit = min(room, buffers.slots)
    var used = 0
    var runts = 0
    while used < limit {
      guard let length = unsafe body(buffers.head(used)) else { return runts }
      if length < 14 {
        runts += 1
      } else {
        append(buffers, slot: used, length: length, port: port)
        used += 1
      }
    }
    hasMore = true
    return runts
  }
}
