public import CTransport

/// The frames that one `send` is offered. Valid during the call only.
@safe
public struct SendBatch {
  @usableFromInline let frames: UnsafeRawPointer
  @usableFromInline let stride: Int
  /// How many frames.
  public let count: Int

  init(_ frames: UnsafePointer<umbel_frame>, stride: UInt32, count: UInt32) {
    unsafe self.frames = UnsafeRawPointer(frames)
    self.stride = Int(stride)
    self.count = Int(count)
  }

  /// A frame, 0..<count.
  @inlinable
  public subscript(index: Int) -> OutgoingFrame {
    unsafe OutgoingFrame((frames + index &* stride).assumingMemoryBound(to: umbel_frame.self))
  }
}

/// One frame to be sent. Valid during the call only.
@safe
public struct OutgoingFrame {
  @usableFromInline let frame: UnsafePointer<umbel_frame>

  @inlinable
  init(_ frame: UnsafePointer<umbel_frame>) { unsafe self.frame = frame }

  /// The whole length in bytes.
  @inlinable public var length: Int { Int(unsafe frame.pointee.length) }
  /// How many pieces it has, no more than the port said it takes.
  @inlinable public var pieceCount: Int { Int(unsafe frame.pointee.piece_count) }
  /// The pieces, for scattered sends.
  @inlinable public var pieces: UnsafePointer<umbel_piece> { unsafe frame.pointee.pieces }
  /// To whom; {0, 0} is everyone.
  @inlinable public var remote: umbel_remote { unsafe frame.pointee.remote }
  /// What is left to be done to it; all zero unless the port said that it takes more.
  @inlinable public var offload: umbel_offload { unsafe frame.pointee.offload }

  /// Whether it is to be sent in one piece or not at all; see UMBEL_FRAME_WHOLE.
  @inlinable public var staysWhole: Bool { unsafe frame.pointee.flags & UMBEL_FRAME_WHOLE != 0 }

  /// The bytes of the first piece: all of them, when the port takes one piece a frame.
  @inlinable public var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: frame.pointee.pieces.pointee.data, count: frame.pointee.pieces.pointee.length)
  }

  /// Copies the frame.
  /// - Parameter buffer: at least `length` bytes.
  @inlinable
  public func copy(to buffer: UnsafeMutableRawBufferPointer) {
    var offset = 0
    for index in 0..<pieceCount {
      let piece = unsafe pieces[index]
      unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<(offset + piece.length)])
        .copyMemory(from: UnsafeRawBufferPointer(start: piece.data, count: piece.length))
      unsafe offset += piece.length
    }
  }
}
