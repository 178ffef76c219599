import CTransport
import Ethernet
import LinuxIO
import Switching

// Frames that a port does not take as they are: in too many pieces, with a checksum still partial, or standing for many
// segments. They are made whole in scratch memory and sent at once, since the memory serves the next such frame.

extension Forwarder {
  private static let scratchHalf = 65_536 + 2_048
  private static let unknownOffload: UInt32 = 1 << 31

  /// Adds a frame to a port after doing what is left to be done and the port does not do itself.
  func putAdapted(
    _ frame: UnsafeMutablePointer<umbel_frame>, to port: UnsafeMutablePointer<PortContext>, remote: Remote
  ) {
    let offload = unsafe frame.pointee.offload
    let segment = unsafe Offload(offload).segmentLength(of: Int(frame.pointee.length))
    guard unsafe segment <= Int(port.pointee.largestFrame) else {
      return unsafe port.pointee.counters.countDrop(.tooLargeForPort)
    }
    if unsafe takes(offload, port), unsafe frame.pointee.piece_count <= port.pointee.mostPieces {
      return unsafe append(frame, to: port, remote: remote)
    }
    // Order: what waits in the batch goes first.
    unsafe flush(port)
    let whole = unsafe UnsafeMutableRawBufferPointer(
      rebasing: state.pointee.scratch.bytes[..<Int(frame.pointee.length)])
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
      // A type of a later version: nobody takes it, whatever bits a port claims.
      default: Self.unknownOffload
      }
    let checksum = UInt32(offload.flags) & UMBEL_OFFLOAD_NEEDS_CHECKSUM != 0 ? UMBEL_TAKES_CHECKSUM : 0
    let takes = unsafe port.pointee.takes & ~Self.unknownOffload
    return takes & (needed | checksum) == needed | checksum
  }

  private func gather(_ frame: UnsafeMutablePointer<umbel_frame>, into whole: UnsafeMutableRawBufferPointer) {
    var offset = 0
    for index in unsafe 0..<Int(frame.pointee.piece_count) {
      let piece = unsafe frame.pointee.pieces[index]
      unsafe (whole.baseAddress! + offset).copyMemory(from: piece.data, byteCount: piece.length)
      offset += unsafe piece.length
    }
  }

  private func sendSegments(
    of whole: UnsafeMutableRawBufferPointer, _ offload: umbel_offload, to port: UnsafeMutablePointer<PortContext>,
    remote: Remote
  ) {
    guard
      var segmenter = unsafe Segmenter(
        UnsafeRawPointer(whole.baseAddress!), length: whole.count, offload: Offload(offload))
    else { return unsafe port.pointee.counters.countDrop(.unsupportedOffload) }
    let space = unsafe UnsafeMutableRawBufferPointer(rebasing: state.pointee.scratch.bytes[Self.scratchHalf...])
    while true {
      let length = unsafe segmenter.next(into: space.baseAddress!, capacity: space.count)
      if length == 0 { return }
      unsafe sendNow(
        UnsafeMutableRawBufferPointer(rebasing: space[..<length]), offload: umbel_offload(), to: port, remote: remote)
    }
  }

  /// Sends or queues one frame in scratch memory, which is free again afterwards.
  private func sendNow(
    _ bytes: UnsafeMutableRawBufferPointer, offload: umbel_offload, to port: UnsafeMutablePointer<PortContext>,
    remote: Remote
  ) {
    // TCP options make a segment longer than its metadata tells.
    guard unsafe offload.gso_type != 0 || bytes.count <= Int(port.pointee.largestFrame) else {
      return unsafe port.pointee.counters.countDrop(.tooLargeForPort)
    }
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
