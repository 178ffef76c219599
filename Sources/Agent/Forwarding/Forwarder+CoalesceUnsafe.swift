import CTransport
import Ethernet
import LinuxIO
import Switching

// Segments on their way to a port that takes super-frames become one again, wherever they came from: a trunk brings a
// TCP stream in datagrams of one segment each, and the kernel behind a TAP takes a stretch of it at once.
//
//   first segment of a flow   goes into the port's batch as it is; a run is open
//   the next one              its checksum is verified, and once that of the first: the first one's place in the batch
//                             becomes a super-frame, of new headers and of the payloads where they lie
//   it does not fit           the run is closed, the frame goes into the batch behind it, and may begin another
//   the batch is sent         all runs are closed: nothing waits for one to grow
//
// Up to eight runs of a port are open at a time; one more closes another. What is a run, see `SegmentRun`.

/// A run that the next segment may still join.
@unsafe
package struct OpenRun {
  var run: SegmentRun
  /// Its place in the port's batch.
  var index: Int
  /// Where headers and pieces are; nil: it is one segment yet, and its checksum has not been looked at.
  var superFrame: SuperFrame?
  // Of every segment, for quick access: where the bytes begin that its checksum is of, and its payload.
  let checksumStart: Int
  let payload: Int

  init(_ first: Coalescible, index: Int) {
    unsafe run = SegmentRun(first)
    unsafe self.index = index
    unsafe checksumStart = first.checksumStart
    unsafe payload = first.headerLength
  }
}

/// Memory of a super-frame that is made here: its headers, and behind them its pieces.
@unsafe
struct SuperFrame {
  let headers: UnsafeMutableRawPointer

  private static let headerBytes = 128
  /// Pieces of a super-frame: the headers, and the payloads of segments.
  static let mostPieces = 128
  static let byteCount = unsafe headerBytes + mostPieces * MemoryLayout<umbel_piece>.stride

  var pieces: UnsafeMutablePointer<umbel_piece> {
    unsafe (headers + Self.headerBytes).assumingMemoryBound(to: umbel_piece.self)
  }
}

extension Forwarder {
  /// Adds a frame to the batch of a port that is up and takes super-frames.
  // Not inlined: it would cost every frame registers.
  @inline(never)
  func putCoalescing(
    _ frame: UnsafeMutablePointer<umbel_frame>, to port: UnsafeMutablePointer<PortContext>, remote: Remote
  ) {
    guard unsafe frame.pointee.offload.gso_type | frame.pointee.offload.flags == 0,
      unsafe frame.pointee.piece_count <= port.pointee.mostPieces,
      unsafe frame.pointee.length <= port.pointee.plainFrame
    else {
      unsafe closeRuns(of: port)
      return unsafe putPlain(frame, to: port, remote: remote)
    }
    if unsafe continuesLast(frame, at: port, remote) { return }
    let first = unsafe frame.pointee.pieces[0]
    let segment = unsafe Coalescible(first.data, available: first.length, length: Int(frame.pointee.length))
    switch segment.kind {
    case .other: return unsafe append(frame, to: port, remote: remote)
    case .anyFlow:
      unsafe closeRuns(of: port)
      return unsafe append(frame, to: port, remote: remote)
    case .alone, .segment: break
    }
    for index in unsafe 0..<port.pointee.runCount
    where unsafe port.pointee.runs[index].run.flow == segment.flow {
      if segment.kind == .segment, unsafe joins(frame, segment, port.pointee.runs + index, at: port, remote) {
        unsafe port.pointee.lastRun = index
        if unsafe port.pointee.runs[index].run.isComplete { unsafe closeRun(index, of: port) }
        return
      }
      unsafe closeRun(index, of: port)
      break
    }
    unsafe append(frame, to: port, remote: remote)
    if segment.kind == .segment, !segment.pushes { unsafe openRun(segment, at: port) }
  }

  /// Opens a run with the segment that was put last.
  private func openRun(_ segment: Coalescible, at port: UnsafeMutablePointer<PortContext>) {
    let needed =
      segment.isTCP ? (segment.isIPv4 ? UMBEL_TAKES_TCPV4 : UMBEL_TAKES_TCPV6) : UMBEL_TAKES_UDP_L4
    let place = unsafe port.pointee.batchCount - 1
    // With the last place of the batch it has been sent.
    guard unsafe port.pointee.takes & needed != 0, place >= 0 else { return }
    // One after the other where many flows have a frame each.
    if unsafe port.pointee.runCount == PortContext.mostRuns {
      unsafe closeRun(place % PortContext.mostRuns, of: port)
    }
    unsafe (port.pointee.runs + port.pointee.runCount).initialize(
      to: OpenRun(segment, index: place))
    unsafe port.pointee.runCount += 1
  }

  /// Adds a frame to the run that was joined last, if it is the next segment of that: most frames are.
  /// - Returns: false: it is not, or has to go the long way; nothing has changed then.
  @inline(__always)
  private func continuesLast(
    _ frame: UnsafeMutablePointer<umbel_frame>, at port: UnsafeMutablePointer<PortContext>, _ remote: Remote
  ) -> Bool {
    let index = unsafe port.pointee.lastRun
    guard unsafe index < port.pointee.runCount else { return false }
    let open = unsafe port.pointee.runs + index
    let place = unsafe port.pointee.batch + open.pointee.index
    let (first, length) = unsafe (frame.pointee.pieces[0], Int(frame.pointee.length))
    guard let made = unsafe open.pointee.superFrame,
      unsafe hasRoom(for: frame, behind: Int(place.pointee.piece_count), at: port), unsafe isOf(place, remote),
      let sum = unsafe open.pointee.run.pseudoHeader(ofNext: first.data, available: first.length, length: length),
      unsafe isRight(frame, behind: open.pointee.checksumStart, sum)
    else { return false }
    unsafe addPayload(of: frame.pointee, behind: open.pointee.payload, to: place, made)
    unsafe open.pointee.run.append(first.data, length: length)
    if unsafe open.pointee.run.isComplete { unsafe closeRun(index, of: port) }
    return true
  }

  /// Whether a super-frame of so many pieces has room for those of one frame more.
  @inline(__always)
  private func hasRoom(
    for frame: UnsafeMutablePointer<umbel_frame>, behind pieces: Int, at port: UnsafeMutablePointer<PortContext>
  ) -> Bool {
    unsafe pieces &+ Int(frame.pointee.piece_count) <= min(Int(port.pointee.mostPieces), SuperFrame.mostPieces)
  }

  /// Whether a frame of the batch is for a remote.
  @inline(__always)
  private func isOf(_ place: UnsafeMutablePointer<umbel_frame>, _ remote: Remote) -> Bool {
    unsafe place.pointee.remote.index == remote.index && place.pointee.remote.generation == remote.generation
  }

  /// Adds a segment to a run of its flow.
  /// - Returns: false: it does not fit, or there is no room; nothing has changed then.
  private func joins(
    _ frame: UnsafeMutablePointer<umbel_frame>, _ segment: Coalescible, _ open: UnsafeMutablePointer<OpenRun>,
    at port: UnsafeMutablePointer<PortContext>, _ remote: Remote
  ) -> Bool {
    let place = unsafe port.pointee.batch + open.pointee.index
    let headers = unsafe open.pointee.superFrame == nil ? 1 : 0
    guard unsafe open.pointee.run.takes(segment),
      unsafe hasRoom(for: frame, behind: headers &+ Int(place.pointee.piece_count), at: port),
      unsafe isOf(place, remote), unsafe isRight(segment, frame)
    else { return false }
    if unsafe open.pointee.superFrame == nil {
      guard unsafe isRight(open.pointee.run.first, place), let made = unsafe takeSuperFrame() else { return false }
      unsafe open.pointee.superFrame = unsafe made
      let first = unsafe place.pointee
      unsafe made.pieces[0] = unsafe umbel_piece(data: made.headers, length: open.pointee.run.first.headerLength)
      unsafe place.pointee.pieces = unsafe UnsafePointer(made.pieces)
      unsafe place.pointee.piece_count = 1
      unsafe addPayload(of: first, behind: open.pointee.run.first.headerLength, to: place, made)
    }
    unsafe addPayload(of: frame.pointee, behind: segment.headerLength, to: place, open.pointee.superFrame!)
    unsafe open.pointee.run.append(segment)
    return true
  }

  private func takeSuperFrame() -> SuperFrame? {
    let index = unsafe state.pointee.superFrameCount
    guard unsafe index < ForwarderState.mostSuperFrames else { return nil }
    unsafe state.pointee.superFrameCount = index + 1
    return unsafe SuperFrame(
      headers: state.pointee.superFrames.bytes.baseAddress! + index * SuperFrame.byteCount)
  }

  private func addPayload(
    of frame: umbel_frame, behind headers: Int, to place: UnsafeMutablePointer<umbel_frame>, _ made: SuperFrame
  ) {
    var count = unsafe Int(place.pointee.piece_count)
    var offset = headers
    for index in unsafe 0..<Int(frame.piece_count) {
      let piece = unsafe frame.pieces[index]
      if unsafe piece.length > offset {
        unsafe made.pieces[count] = unsafe umbel_piece(data: piece.data + offset, length: piece.length &- offset)
        count &+= 1
      }
      offset = 0
    }
    unsafe place.pointee.piece_count = UInt32(truncatingIfNeeded: count)
  }

  /// Whether the checksums of a segment are right.
  private func isRight(_ segment: Coalescible, _ frame: UnsafeMutablePointer<umbel_frame>) -> Bool {
    guard segment.hasRightHeader else { return false }
    return unsafe isRight(frame, behind: segment.checksumStart, segment.pseudoHeader)
  }

  /// Whether a TCP or UDP checksum is right.
  /// - Parameters:
  ///   - start: where the bytes begin that it is of.
  ///   - pseudoHeader: the sum of those that it is of as well.
  @inline(__always)
  private func isRight(
    _ frame: UnsafeMutablePointer<umbel_frame>, behind start: Int, _ pseudoHeader: InternetChecksum
  ) -> Bool {
    var sum = pseudoHeader
    var offset = start
    for index in unsafe 0..<Int(frame.pointee.piece_count) {
      let piece = unsafe frame.pointee.pieces[index]
      unsafe sum.add(piece.data + offset, count: piece.length &- offset)
      offset = 0
    }
    return sum.folded == 0xffff
  }

  /// Finishes all runs of a port.
  func closeRuns(of port: UnsafeMutablePointer<PortContext>) {
    for index in unsafe (0..<port.pointee.runCount).reversed() { unsafe closeRun(index, of: port) }
  }

  /// Finishes a run: a super-frame gets its headers and its metadata, one segment stays as it came.
  private func closeRun(_ index: Int, of port: UnsafeMutablePointer<PortContext>) {
    let open = unsafe port.pointee.runs + index
    if let made = unsafe open.pointee.superFrame {
      unsafe open.pointee.run.writeHeaders(into: made.headers)
      let place = unsafe port.pointee.batch + open.pointee.index
      unsafe place.pointee.length = UInt32(truncatingIfNeeded: open.pointee.run.length)
      unsafe place.pointee.offload = unsafe umbel_offload(open.pointee.run.offload)
      unsafe port.pointee.counters.countCoalesced(segments: open.pointee.run.count)
    }
    let last = unsafe port.pointee.runCount - 1
    if index < last { unsafe open.pointee = unsafe port.pointee.runs[last] }
    unsafe port.pointee.runCount = last
  }
}

extension umbel_offload {
  /// The same metadata in the ABI's words.
  fileprivate init(_ offload: Offload) {
    self.init(
      flags: offload.flags, gso_type: offload.gsoType, header_length: offload.headerLength, gso_size: offload.gsoSize,
      checksum_start: offload.checksumStart, checksum_offset: offload.checksumOffset, zero: 0)
  }
}
