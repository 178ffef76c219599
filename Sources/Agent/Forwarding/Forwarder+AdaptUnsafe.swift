import CTransport
import Ethernet
import LinuxIO
import Switching

// Frames that a port does not take as they are: in too many pieces, with a checksum still partial, or standing for many
// segments. They are made whole in scratch memory and sent at once, since the memory serves the next such frame; the
// frame's own bytes are not touched, for they may go to other ports.
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
    let offload = unsafe frame.pointee.offload
    let length = unsafe Int(frame.pointee.length)
    guard Offload(offload).isPlausible(length: length) else {
      return unsafe port.pointee.counters.countDrop(.unsupportedOffload)
    }
    let first = unsafe frame.pointee.pieces[0]
    let segment = unsafe Offload(offload).exactSegmentLength(first.data, available: first.length, length: length)
    if unsafe segment > Int(port.pointee.plainFrame), unsafe !takesLong(frame, segment: segment, port) { return }
    if unsafe takes(offload, port), unsafe frame.pointee.piece_count <= port.pointee.mostPieces {
      return unsafe append(frame, to: port, remote: remote)
    }
    // Order: what waits in the batch goes first.
    unsafe flush(port)
    let whole = unsafe UnsafeMutableRawBufferPointer(rebasing: state.pointee.scratch.bytes[..<length])
    unsafe gather(frame, into: whole)
    if unsafe takes(offload, port) {
      return unsafe sendNow(whole, offload: offload, to: port, remote: remote)
    }
    if offload.gso_type != 0 { return unsafe sendSegments(of: whole, offload, to: port, remote: remote) }
    guard unsafe Offload(offload).completeChecksum(of: whole.baseAddress!, length: whole.count) else {
      return unsafe port.pointee.counters.countDrop(.unsupportedOffload)
    }
    unsafe sendNow(whole, offload: umbel_offload(), to: port, remote: remote)
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

  /// Sends the segments of a frame, as many a call as find room in scratch memory and in a batch.
  private func sendSegments(
    of whole: UnsafeMutableRawBufferPointer, _ offload: umbel_offload, to port: UnsafeMutablePointer<PortContext>,
    remote: Remote
  ) {
    guard
      var segmenter = unsafe Segmenter(
        UnsafeRawPointer(whole.baseAddress!), length: whole.count, offload: Offload(offload))
    else { return unsafe port.pointee.counters.countDrop(.unsupportedOffload) }
    let largest = segmenter.largestSegment
    // TCP options make a segment longer than its metadata tells.
    guard unsafe largest <= Int(port.pointee.largestFrame) else {
      return unsafe port.pointee.counters.countDrop(.tooLargeForPort)
    }
    let space = unsafe UnsafeMutableRawBufferPointer(
      rebasing: state.pointee.scratch.bytes[ForwarderState.segmentSpace...])
    var offset = 0
    while true {
      if space.count - offset < largest { unsafe flush(port) }
      // Nothing of the space is in use once the batch was sent.
      let index = unsafe port.pointee.batchCount
      if index == 0 { offset = 0 }
      let place = unsafe space.baseAddress! + offset
      let length = unsafe segmenter.next(into: place, capacity: space.count - offset)
      if length == 0 { break }
      offset += length
      let piece = unsafe state.pointee.segmentPieces + index
      unsafe piece.initialize(to: umbel_piece(data: place, length: length))
      var frame = unsafe umbel_frame()
      unsafe frame.pieces = unsafe UnsafePointer(piece)
      unsafe frame.piece_count = 1
      unsafe frame.length = UInt32(length)
      unsafe append(&frame, to: port, remote: remote)
    }
    unsafe flush(port)
  }

  /// Sends or queues one frame in scratch memory, which is free again afterwards.
  func sendNow(
    _ bytes: UnsafeMutableRawBufferPointer, offload: umbel_offload, to port: UnsafeMutablePointer<PortContext>,
    remote: Remote
  ) {
    var piece = unsafe umbel_piece(data: UnsafeRawPointer(bytes.baseAddress!), length: bytes.count)
    unsafe withUnsafePointer(to: &piece) { piece in
      var frame = unsafe umbel_frame()
      unsafe frame.pieces = piece
      unsafe frame.piece_count = 1
      unsafe frame.length = UInt32(bytes.count)
      unsafe frame.offload = offload
      unsafe append(&frame, to: port, remote: remote)
      unsafe flush(port)
    }
  }
}

extension Offload {
  /// The ABI's metadata, which has the same meaning.
  init(_ offload: umbel_offload) {
    self.init(
      flags: offload.flags, gsoType: offload.gso_type, headerLength: offload.header_length, gsoSize: offload.gso_size,
      checksumStart: offload.checksum_start, checksumOffset: offload.checksum_offset)
  }
}
