import CLinux
import CTransport
import Ethernet
import Glibc
import Recording
import Switching

extension Forwarder {
  /// Batches one descriptor may bring in before the next one has its turn.
  private static let batchesATurn = 4
  /// And frames, after which it is the next one's turn as well.
  private static let framesATurn = 256
  /// Answers "none, but more are at hand" that are believed one after the other.
  private static let believedEmptyMores = 16
  /// Ports one batch may reach without ending its turn: what is flooded to thousands takes as long as many batches.
  private static let wideBatch = 64

  /// Gives each ready descriptor one turn. Those that have more at hand stay on the list.
  func receiveFromReady() {
    var index = 0
    while unsafe index < state.pointee.ready.count {
      let slot = unsafe state.pointee.descriptors.pointer(Int(state.pointee.ready[index]))
      // A slot on the list may have been given to another descriptor since.
      if unsafe slot.pointee.endpoint != nil && !slot.pointee.isHousekeeping && turn(of: slot) {
        index += 1
      } else {
        unsafe slot.pointee.isReady = false
        unsafe state.pointee.ready.swapRemove(at: index)
      }
    }
  }

  /// - Returns: whether more are at hand.
  private func turn(of slot: UnsafeMutablePointer<PolledDescriptor>) -> Bool {
    var received = 0
    for _ in 0..<Self.batchesATurn {
      guard let endpoint = unsafe slot.pointee.endpoint else { return false }
      var more: UInt32 = 0
      let capacity = unsafe ForwarderState.receiveCapacity
      let count = unsafe endpoint.pointee.transport.pointee.receive!(
        endpoint.pointee.endpoint, slot.pointee.token, state.pointee.frames, UInt32(MemoryLayout<umbel_frame>.stride),
        UInt32(capacity), &more)
      guard count >= 0 else {
        if count != -EAGAIN {
          unsafe failPorts(of: endpoint, error: 0 &- count, "receiving failed")
        }
        return false
      }
      guard Int(count) <= capacity else {
        unsafe failPorts(of: endpoint, error: 0, "the plugin returned more frames than it was asked for")
        return false
      }
      var isWide = false
      if count > 0 {
        unsafe slot.pointee.hangUps = 0
        unsafe state.pointee.isFruitful = true
        unsafe state.pointee.roundFrames &+= Int(count)
        unsafe endpoint.pointee.emptyMores = 0
        let kept = unsafe endpoint.pointee.hasMuted ? dropDuplicates(of: endpoint, Int(count)) : Int(count)
        prefetchStations(kept)
        unsafe state.pointee.way.port = nil
        if unsafe endpoint.pointee.isCaptured {
          unsafe forwardCaptured(kept, from: endpoint)
        } else if unsafe endpoint.pointee.isRecorded {
          unsafe forwardRecorded(kept, from: endpoint)
        } else {
          unsafe forward(state.pointee.frames, kept, from: endpoint)
        }
        isWide = unsafe state.pointee.touched.count > Self.wideBatch
        flushTouched()
      }
      unsafe endpoint.pointee.deadline = deadline(of: endpoint)
      if more == 0 { return false }
      if count == 0, unsafe !believesEmptyMore(endpoint) { return false }
      received &+= Int(count)
      if isWide || received >= Self.framesATurn { break }
    }
    return true
  }

  /// Asks for what the switch will want to know of a batch, where that is not at hand anyway.
  private func prefetchStations(_ count: Int) {
    guard let port = unsafe portNamed(by: state.pointee.frames), unsafe port.pointee.lan.pointee.core.isWide else {
      return
    }
    for index in 0..<count {
      let frame = unsafe state.pointee.frames + index
      guard let port = unsafe portNamed(by: frame), unsafe isWellFormed(frame),
        let slots = unsafe port.pointee.lan.pointee.core.slots(
          of: frame.pointee.pieces[0].data, length: Int(frame.pointee.length))
      else { continue }
      unsafe clinux_prefetch(slots.source)
      unsafe clinux_prefetch(slots.destination)
    }
  }

  /// The port that a received frame names; nil: there is none.
  @inline(__always)
  func portNamed(by frame: UnsafeMutablePointer<umbel_frame>) -> UnsafeMutablePointer<PortContext>? {
    let number = unsafe Int(frame.pointee.port)
    guard unsafe number < state.pointee.ports.capacity else { return nil }
    return unsafe state.pointee.ports.pointer(number).pointee
  }

  private func believesEmptyMore(_ endpoint: UnsafeMutablePointer<EndpointContext>) -> Bool {
    unsafe endpoint.pointee.emptyMores += 1
    guard unsafe endpoint.pointee.emptyMores > Self.believedEmptyMores else { return true }
    unsafe endpoint.pointee.emptyMores = 0
    unsafe reportOnce(endpoint, "receive says that more frames are at hand and returns none")
    return false
  }

  /// Finds where frames go and puts them there.
  // Not inlined: it is in two places, and one of them would have fewer registers for it.
  @inline(never)
  func forward(
    _ frames: UnsafeMutablePointer<umbel_frame>, _ count: Int, from endpoint: UnsafeMutablePointer<EndpointContext>
  ) {
    for index in 0..<count where unsafe !forward(frames + index, from: endpoint) {
      if unsafe state.pointee.turns.isNoted { unsafe state.pointee.turns.note(frames + index, state.pointee.way) }
    }
  }

  /// Finds where one frame goes and puts it there.
  /// - Returns: whether it went the way of the frame before; else `way` says what became of it.
  @inline(__always)
  private func forward(
    _ frame: UnsafeMutablePointer<umbel_frame>, from endpoint: UnsafeMutablePointer<EndpointContext>
  ) -> Bool {
    guard let port = unsafe portNamed(by: frame), unsafe port.pointee.endpoint == endpoint,
      let slot = unsafe port.pointee.slot
    else {
      unsafe state.pointee.way.end(DropReason.malformed.rawValue)
      unsafe reportOnce(endpoint, "a received frame names a port that is not on this endpoint")
      return false
    }
    let length = unsafe Int(frame.pointee.length)
    guard unsafe isWellFormed(frame) else {
      unsafe port.pointee.counters.countReceived(bytes: length)
      unsafe port.pointee.counters.countDrop(.malformed)
      unsafe state.pointee.way.end(DropReason.malformed.rawValue)
      unsafe reportOnce(endpoint, "a received frame's pieces do not make up its length")
      return false
    }
    // Before the switch learns from it.
    if unsafe port.pointee.inspects {
      if unsafe !port.pointee.inspectsUnderlayAlone {
        if unsafe port.pointee.isMirroredIn {
          if unsafe endsMirrored(frame, from: port) { return false }
        } else {
          unsafe clampArriving(frame, from: port)
        }
      } else if unsafe DatagramDestination.isPossible(frame.pointee.pieces[0].data, length: length),
        unsafe dropsOwnUnderlay(frame, from: port)
      {
        return false
      }
    }
    return unsafe route(frame, length, from: port, at: slot)
  }

  /// Asks the switch where a frame goes, and puts it there.
  /// - Returns: whether it went the way of the frame before.
  @inline(__always)
  private func route(
    _ frame: UnsafeMutablePointer<umbel_frame>, _ length: Int, from port: UnsafeMutablePointer<PortContext>,
    at slot: PortIndex
  ) -> Bool {
    let remote = unsafe Remote(index: frame.pointee.remote.index, generation: frame.pointee.remote.generation)
    let segment =
      unsafe frame.pointee.offload.gso_type == 0 ? length : Offload(frame.pointee.offload).segmentLength(of: length)
    let data = unsafe frame.pointee.pieces[0].data!
    // A frame like the one before it goes where that went: nothing that the switch knows has changed in between.
    if unsafe state.pointee.way.port == port, unsafe state.pointee.way.isSame(data, length: length, from: remote),
      segment <= Switch.largestSegment
    {
      unsafe port.pointee.counters.countReceived(bytes: length)
      unsafe put(frame, to: state.pointee.way.target!, remote: state.pointee.way.targetRemote)
      return true
    }
    let lan = unsafe port.pointee.lan
    let verdict = unsafe lan.pointee.core.forward(
      data, length: length, segmentLength: segment, from: slot, remote: remote, now: seconds)
    switch verdict {
    case .unicast(let target, let targetRemote):
      let target = unsafe lan.pointee.ports[Int(target)]!
      unsafe state.pointee.way = unsafe FrameWay(
        of: data, from: remote, at: port, to: target, targetRemote)
      unsafe put(frame, to: target, remote: targetRemote)
    case .flood:
      unsafe state.pointee.isFlooding = true
      var targets = unsafe lan.pointee.core.floodTargets(from: slot)
      while let target = targets.next() {
        unsafe put(frame, to: lan.pointee.ports[Int(target)]!, remote: .everyone)
      }
      unsafe state.pointee.isFlooding = false
      unsafe state.pointee.way.end(RingLayout.flooded)
    case .drop(let reason):
      unsafe state.pointee.way.end(reason.rawValue)
      if reason == .hello { unsafe tellHello(frame, of: lan.pointee.ports[Int(slot)]!) }
    }
    return false
  }

  @inline(__always)
  func isWellFormed(_ frame: UnsafeMutablePointer<umbel_frame>) -> Bool {
    let length = unsafe Int(frame.pointee.length)
    guard length <= Int(UMBEL_LARGEST_FRAME), unsafe frame.pointee.piece_count > 0,
      let pieces = unsafe frame.pointee.pieces, unsafe pieces[0].data != nil
    else { return false }
    if unsafe frame.pointee.piece_count == 1 { return unsafe pieces[0].length == length }
    return unsafe isWellFormed(pieces, Int(frame.pointee.piece_count), length)
  }

  private func isWellFormed(_ pieces: UnsafePointer<umbel_piece>, _ count: Int, _ length: Int) -> Bool {
    guard count <= Int(UMBEL_MOST_PIECES), unsafe pieces[0].length >= min(length, 64) else { return false }
    var sum = 0
    for index in 0..<count {
      let piece = unsafe pieces[index]
      guard unsafe piece.data != nil, unsafe piece.length >= 0, unsafe piece.length <= length - sum else {
        return false
      }
      sum += unsafe piece.length
    }
    return sum == length
  }
}
