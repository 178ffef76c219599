import CTransport
import Ethernet
import LinuxIO
import Switching

// Frames that a port does not take as they are: in too many pieces, with a checksum still partial, or standing for many
// segments. What has to be written of them is written into the forwarder's arena, which is theirs until the batches have
// been sent; the frame's own bytes are not touched, for they may go to other ports:
//
//   too many pieces     the whole frame
//   partial checksum    the headers as far as the checksum, or all of a short frame; the rest stays where it is
//   many segments       the headers of each; the payload stays where it is
//
// Where the pieces of that are more than the port takes, they are copied behind the headers.
//
// Metadata is the word of a guest. What the frame's length contradicts ends here, whatever the port takes; the rest is
// checked where it is used. That a checksum has been verified is forgotten, for all ports: the receiver cannot know who
// says so.

extension Forwarder {
  /// Adds a frame to a port after doing what is left to be done and the port does not do itself.
  func putAdapted(
    _ frame: UnsafeMutablePointer<umbel_frame>, to port: UnsafeMutablePointer<PortContext>, remote: Remote
  ) {
    unsafe frame.pointee.offload.flags &= UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM)
    let offload = unsafe Offload(frame.pointee.offload)
    let length = unsafe Int(frame.pointee.length)
    guard offload.isPlausible(length: length) else {
      return unsafe drop(frame, at: port, .unsupportedOffload)
    }
    var segment = length
    if offload.gsoType != Offload.gsoNone {
      let first = unsafe frame.pointee.pieces[0]
      segment = unsafe offload.exactSegmentLength(first.data, available: first.length, length: length)
    }
    if unsafe segment > Int(port.pointee.plainFrame), unsafe !takesLong(frame, segment: segment, port) { return }
    if unsafe takes(frame.pointee.offload, port) {
      guard unsafe frame.pointee.piece_count > port.pointee.mostPieces else {
        return unsafe append(frame, to: port, remote: remote)
      }
      return unsafe appendWhole(frame, length, to: port, remote: remote)
    }
    guard offload.gsoType == Offload.gsoNone else {
      return unsafe appendSegments(of: frame, offload, to: port, remote: remote)
    }
    unsafe appendCompleted(frame, offload, to: port, remote: remote)
  }

  private func takes(_ offload: umbel_offload, _ port: UnsafeMutablePointer<PortContext>) -> Bool {
    let needed: UInt32 =
      switch UInt32(offload.gso_type) & ~UMBEL_GSO_ECN {
      case UMBEL_GSO_NONE: 0
      case UMBEL_GSO_TCPV4: UMBEL_TAKES_TCPV4
      case UMBEL_GSO_TCPV6: UMBEL_TAKES_TCPV6
      case UMBEL_GSO_UDP_L4: UMBEL_TAKES_UDP_L4
      // Is not plausible, and does not come here.
      default: 0
      }
    let checksum = UInt32(offload.flags) & UMBEL_OFFLOAD_NEEDS_CHECKSUM != 0 ? UMBEL_TAKES_CHECKSUM : 0
    return unsafe port.pointee.takes & (needed | checksum) == needed | checksum
  }

  func gather(_ frame: UnsafeMutablePointer<umbel_frame>, into whole: UnsafeMutableRawBufferPointer) {
    var offset = 0
    for index in unsafe 0..<Int(frame.pointee.piece_count) {
      let piece = unsafe frame.pointee.pieces[index]
      unsafe (whole.baseAddress! + offset).copyMemory(from: piece.data, byteCount: piece.length)
      offset += unsafe piece.length
    }
  }

  /// Adds a frame as one piece.
  private func appendWhole(
    _ frame: UnsafeMutablePointer<umbel_frame>, _ length: Int, to port: UnsafeMutablePointer<PortContext>,
    remote: Remote
  ) {
    let room = room(bytes: length, pieces: 1)
    unsafe gather(frame, into: UnsafeMutableRawBufferPointer(start: room.bytes, count: length))
    unsafe append(
      WrittenFrame(room: room, head: length, offload: frame.pointee.offload), to: port, remote: remote)
  }

  /// Frames of so many bytes are copied whole: one more piece costs the kernel more than the bytes.
  private static let shortFrame = 256

  /// Adds a frame with its checksum completed.
  private func appendCompleted(
    _ frame: UnsafeMutablePointer<umbel_frame>, _ offload: Offload, to port: UnsafeMutablePointer<PortContext>,
    remote: Remote
  ) {
    let length = unsafe Int(frame.pointee.length)
    let head = length <= Self.shortFrame ? length : offload.checksumEnd
    let room = unsafe room(bytes: length, pieces: Int(frame.pointee.piece_count) &+ 1)
    if unsafe frame.pointee.piece_count == 1, offload.isChecksumPartial {
      let bytes = unsafe UnsafeRawPointer(frame.pointee.pieces[0].data!)
      let rest = length &- head
      unsafe room.bytes.copyMemory(from: bytes, byteCount: head)
      unsafe room.bytes.setBigEndian(
        offload.completedChecksum(of: bytes, length: length), at: offload.checksumEnd &- 2)
      unsafe (room.pieces + 1).initialize(to: umbel_piece(data: bytes + head, length: rest))
      return unsafe append(
        WrittenFrame(room: room, head: head, sliceCount: rest > 0 ? 1 : 0, sliceBytes: rest), to: port, remote: remote)
    }
    var cursor = unsafe FrameCursor(frame)
    unsafe cursor.copy(head, into: room.bytes)
    let (slices, rest) = unsafe cursor.take(length &- head, into: room.pieces + 1)
    guard unsafe offload.completeChecksum(of: room.bytes, length: head, rest: rest) else {
      return unsafe drop(frame, at: port, .unsupportedOffload)
    }
    unsafe append(
      WrittenFrame(room: room, head: head, sliceCount: slices, sliceBytes: length &- head), to: port, remote: remote)
  }

  /// Adds the segments of a frame.
  private func appendSegments(
    of frame: UnsafeMutablePointer<umbel_frame>, _ offload: Offload, to port: UnsafeMutablePointer<PortContext>,
    remote: Remote
  ) {
    guard var segmenter = unsafe segmenter(of: frame, offload) else {
      return unsafe drop(frame, at: port, .unsupportedOffload)
    }
    let largest = segmenter.largestSegment
    let head = segmenter.headerLength
    // TCP options make a segment longer than its metadata tells.
    guard unsafe largest <= Int(port.pointee.largestFrame) else {
      return unsafe drop(frame, at: port, .tooLargeForPort)
    }
    unsafe port.pointee.counters.countSegmented(into: segmenter.segmentCount)
    let pieces = unsafe Int(frame.pointee.piece_count) &+ 1
    var cursor = unsafe FrameCursor(frame)
    cursor.skip(head)
    while let count = segmenter.nextPayload {
      let room = room(bytes: largest, pieces: pieces)
      let (slices, sum) = unsafe cursor.take(count, into: room.pieces + 1)
      unsafe segmenter.next(into: room.bytes, count: count, payload: sum)
      unsafe append(
        WrittenFrame(room: room, head: head, sliceCount: slices, sliceBytes: count), to: port, remote: remote)
    }
  }

  /// - Returns: nil: the metadata does not fit the frame.
  private func segmenter(of frame: UnsafeMutablePointer<umbel_frame>, _ offload: Offload) -> Segmenter? {
    let length = unsafe Int(frame.pointee.length)
    let first = unsafe frame.pointee.pieces[0]
    if let segmenter = unsafe Segmenter(first.data, available: first.length, length: length, offload: offload) {
      return segmenter
    }
    guard unsafe frame.pointee.piece_count > 1 else { return nil }
    // Headers may lie in several pieces, and may be as long as the frame.
    let whole = unsafe UnsafeMutableRawBufferPointer(rebasing: state.pointee.scratch.bytes[..<length])
    unsafe gather(frame, into: whole)
    return unsafe Segmenter(UnsafeRawPointer(whole.baseAddress!), available: length, length: length, offload: offload)
  }

  /// Room of the arena; where there is none, all batches are sent first.
  @inline(__always)
  func room(bytes: Int, pieces: Int) -> FrameRoom {
    if unsafe !state.pointee.arena.hasRoom(bytes: bytes, pieces: pieces) { emptyArena() }
    return unsafe state.pointee.arena.free
  }

  @inline(never)
  private func emptyArena() {
    for index in unsafe 0..<state.pointee.touched.count { unsafe flush(state.pointee.touched[index]) }
    unsafe state.pointee.arena.removeAll()
  }

  /// Adds a frame that the arena's free room begins with.
  @inline(__always)
  func append(_ written: WrittenFrame, to port: UnsafeMutablePointer<PortContext>, remote: Remote) {
    let room = written.room
    var head = written.head
    var count = written.sliceCount &+ 1
    if unsafe count > Int(port.pointee.mostPieces) {
      for index in 1..<count {
        let slice = unsafe room.pieces[index]
        unsafe (room.bytes + head).copyMemory(from: slice.data, byteCount: slice.length)
        unsafe head &+= slice.length
      }
      count = 1
    }
    unsafe room.pieces.initialize(to: umbel_piece(data: UnsafeRawPointer(room.bytes), length: head))
    unsafe state.pointee.arena.keep(bytes: head, pieces: count)
    let place = unsafe nextPlace(of: port)
    unsafe place.pointee.pieces = unsafe UnsafePointer(room.pieces)
    unsafe place.pointee.piece_count = UInt32(truncatingIfNeeded: count)
    unsafe place.pointee.length = UInt32(truncatingIfNeeded: written.head &+ written.sliceBytes)
    unsafe place.pointee.offload = written.offload
    unsafe place.pointee.flags = 0
    unsafe place.pointee.zero = 0
    unsafe place.pointee.reserved = (0, 0)
    unsafe countPlace(of: port, remote)
  }
}

extension Offload {
  /// The ABI's metadata, which has the same meaning.
  @inline(__always)
  init(_ offload: umbel_offload) {
    self.init(
      flags: offload.flags, gsoType: offload.gso_type, headerLength: offload.header_length, gsoSize: offload.gso_size,
      checksumStart: offload.checksum_start, checksumOffset: offload.checksum_offset)
  }
}
