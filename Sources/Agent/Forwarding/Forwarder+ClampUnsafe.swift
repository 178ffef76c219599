import CTransport
import Ethernet
import LinuxIO
import Switching

// TCP connections over a trunk that does not carry everything in one piece: the MSS of their SYNs is lowered, those that
// go out by the trunk and those that come in by it, so that neither end sends what would be fragmented. Guests need not
// know of it, whatever their MTU.
//
// A received frame is borrowed and may go to ports that have no such limit, so it is rewritten in memory of its own: one
// that comes in stays there until the batch has been sent, one that goes out is sent at once.

extension Forwarder {
  /// Lowers the MSS of a SYN that came in by a trunk, once for all ports.
  // Not inlined: it would cost every frame registers.
  @inline(never)
  func clampArriving(_ frame: UnsafeMutablePointer<umbel_frame>, from port: UnsafeMutablePointer<PortContext>) {
    let index = unsafe state.pointee.rewrittenCount
    guard unsafe mayBeSYN(frame), unsafe index < ForwarderState.receiveCapacity,
      let piece = unsafe clamped(frame, at: index, for: port)
    else { return }
    unsafe state.pointee.rewrittenCount = index + 1
    unsafe frame.pointee.pieces = unsafe UnsafePointer(piece)
    unsafe frame.pointee.piece_count = 1
  }

  /// Adds a frame to a port that is down, takes super-frames, is mirrored, or where the MSS of SYNs is lowered.
  // Not inlined: it would cost every frame registers.
  @inline(never)
  func putExamined(
    _ frame: UnsafeMutablePointer<umbel_frame>, to port: UnsafeMutablePointer<PortContext>, remote: Remote
  ) {
    guard unsafe port.pointee.isUp else { return unsafe drop(frame, at: port, .portDown) }
    if unsafe port.pointee.isMirroredOut { unsafe copyLeaving(frame, port) }
    let place = unsafe ForwarderState.receiveCapacity
    guard unsafe port.pointee.clampsMSS, unsafe mayBeSYN(frame),
      let piece = unsafe clamped(frame, at: place, for: port)
    else {
      return unsafe port.pointee.coalesces
        ? putCoalescing(frame, to: port, remote: remote) : putPlain(frame, to: port, remote: remote)
    }
    var rewritten = unsafe frame.pointee
    unsafe rewritten.pieces = unsafe UnsafePointer(piece)
    unsafe rewritten.piece_count = 1
    unsafe putPlain(&rewritten, to: port, remote: remote)
    // The place serves the next one.
    unsafe flush(port)
  }

  @inline(__always)
  private func mayBeSYN(_ frame: UnsafeMutablePointer<umbel_frame>) -> Bool {
    let first = unsafe frame.pointee.pieces[0]
    return unsafe MSSOption.isPossible(first.data, length: first.length)
  }

  /// Writes the frame with a lower MSS.
  /// - Parameter index: where to: of the places for rewritten frames.
  /// - Returns: the one piece that it is; nil: the frame is to stay as it is.
  private func clamped(
    _ frame: UnsafeMutablePointer<umbel_frame>, at index: Int, for port: UnsafeMutablePointer<PortContext>
  ) -> UnsafeMutablePointer<umbel_piece>? {
    let length = unsafe Int(frame.pointee.length)
    let size = unsafe ForwarderState.longestRewritten
    guard length <= size, unsafe frame.pointee.offload.gso_type == 0 else { return nil }
    let start = index * size
    let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: state.pointee.rewritten.bytes[start..<start + length])
    unsafe gather(frame, into: bytes)
    let base = bytes.baseAddress!
    guard let option = unsafe MSSOption(base, length: length),
      let mss = option.lowered(to: unsafe Int(port.pointee.wholeLimit))
    else { return nil }
    let isPartial = unsafe UInt32(frame.pointee.offload.flags) & UMBEL_OFFLOAD_NEEDS_CHECKSUM != 0
    unsafe option.write(mss, in: base, hasPartialChecksum: isPartial)
    unsafe port.pointee.counters.countClamped()
    let piece = unsafe state.pointee.rewrittenPieces + index
    unsafe piece.initialize(to: umbel_piece(data: UnsafeRawPointer(base), length: length))
    return unsafe piece
  }
}
