import CTransport
import Ethernet
import Glibc
import LinuxIO
import TransportKit

// A batch is sorted before it is sent, since the kernel takes runs of datagrams from one socket to one address:
//
//   socket by socket, as the flows' hashes have it
//     destination by destination: the group, each peer that gets copies, each remote; all that is for it, in order
//
// Order within a flow is kept, for its frames have one socket, and what goes to one address keeps its order.
//
// A batch is taken up to the last frame of which anything was sent. Only when the kernel has no more room in the middle
// does that leave frames behind: what lies before that one is dropped and counted (send-full), for the host would send
// later frames twice.

/// Some frames of a batch: a bit for each.
private typealias FrameMask = UInt128

extension FrameMask {
  /// The one with that index.
  @inline(__always)
  fileprivate init(frame index: Int) { self = 1 &<< FrameMask(truncatingIfNeeded: index) }
}

extension VXLANForwarder {
  /// Frames a call: two runs of full-size frames and more.
  private static let batch = 1 << indexBits
  /// Bits of a frame's index, which a tag has below the peer's; a mask has a bit for each index.
  private static let indexBits = 7

  /// Which frames of a batch have been done.
  private struct Progress {
    /// Something of it was sent, or cannot be sent.
    var done: FrameMask = 0
    /// The kernel had no room for all of it.
    var left: FrameMask = 0
  }

  /// Sends one batch.
  mutating func send(_ frames: SendBatch, with sender: UnsafeMutablePointer<SegmentSender>) -> SendOutcome {
    guard sockets[0] >= 0 else { return reject(ENETDOWN) }
    var masks = [9 of FrameMask](repeating: 0)
    var everyone: FrameMask = 0
    var count = 0
    let most = min(frames.count, Self.batch)
    while count < most {
      let frame = frames[count]
      if frame.length < 14 || frame.length > Int(UMBEL_LARGEST_SEGMENT) {
        if count == 0 { return reject(EMSGSIZE) }
        break
      }
      let bit = FrameMask(frame: count)
      masks[socketIndex(of: frame)] |= bit
      if table.index(of: frame.remote) == 0 { everyone |= bit }
      count &+= 1
    }
    unsafe sender.pointee.makesRuns = makesRuns
    unsafe sender.pointee.longestSegment = longestSegment
    let runs = unsafe (sender.pointee.runsSent, sender.pointee.datagramsInRuns)
    var progress = Progress()
    for index in 0..<SenderPool.count where masks[index] != 0 {
      unsafe send(frames, masks[index], everyone: everyone, socket: sockets[index], with: sender, &progress)
    }
    unsafe runsSent &+= sender.pointee.runsSent &- runs.0
    unsafe framesInRuns &+= sender.pointee.datagramsInRuns &- runs.1
    if unsafe makesRuns && !sender.pointee.makesRuns { noteFallback() }
    return outcome(progress, count: count)
  }

  private mutating func outcome(_ progress: Progress, count: Int) -> SendOutcome {
    if progress.left == 0 { return .taken(count) }
    let taken = Self.batch - progress.done.leadingZeroBitCount
    if taken == 0 { return .notNow }
    let before = FrameMask.max >> FrameMask(Self.batch - taken)
    sendFull &+= UInt64((progress.left & before).nonzeroBitCount)
    return .taken(taken)
  }

  private mutating func reject(_ code: Int32) -> SendOutcome {
    sendErrors.record(code)
    return .rejected(code)
  }

  /// Which of the sockets a frame leaves by.
  private func socketIndex(of frame: OutgoingFrame) -> Int {
    if frame.staysWhole { return SenderPool.flows }
    let first = unsafe frame.bytes
    guard first.count >= 14, let bytes = first.baseAddress else { return 0 }
    return unsafe Int(FlowHash.of(bytes, length: first.count) % UInt32(SenderPool.flows))
  }

  /// Sends the frames of one socket.
  private mutating func send(
    _ frames: SendBatch, _ mask: FrameMask, everyone: FrameMask, socket: Int32,
    with sender: UnsafeMutablePointer<SegmentSender>, _ progress: inout Progress
  ) {
    var single = mask & ~everyone
    if mask & everyone != 0 {
      if groupNameLength > 0 {
        unsafe add(frames, mask & everyone, to: 0, groupName, groupNameLength, socket, sender, &progress)
      }
      for copy in 0..<copyCount {
        let slot = unsafe Int(copies[copy])
        let own = frames.going(to: slot, of: single, table)
        single &= ~own
        unsafe add(
          frames, mask & everyone | own, to: slot, table.name(of: slot), nameLength(slot), socket, sender, &progress)
      }
    }
    while single != 0 {
      let slot = table.index(of: frames[single.trailingZeroBitCount].remote)
      let own = frames.going(to: slot, of: single, table)
      single &= ~own
      unsafe add(frames, own, to: slot, table.name(of: slot), nameLength(slot), socket, sender, &progress)
    }
    unsafe flush(frames, socket, sender, &progress)
  }

  private func nameLength(_ slot: Int) -> Int { unsafe table.slots[slot].nameLength }

  /// Adds all that is for one destination, and sends when there is no more room.
  private mutating func add(
    _ frames: SendBatch, _ mask: FrameMask, to slot: Int, _ name: UnsafeRawPointer, _ nameLength: Int, _ socket: Int32,
    _ sender: UnsafeMutablePointer<SegmentSender>, _ progress: inout Progress
  ) {
    var rest = mask
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      let frame = frames[index]
      // umbel_piece and iovec are the same two words; a test holds them to it.
      let vectors = unsafe UnsafeRawPointer(frame.pieces).assumingMemoryBound(to: iovec.self)
      for _ in 0..<2 {
        let isAdded = unsafe sender.pointee.add(
          front: UnsafeRawPointer(header), frontLength: Self.headerBytes, pieces: vectors, count: frame.pieceCount,
          length: frame.length &+ Self.headerBytes, to: name, nameLength: nameLength,
          tag: slot << Self.indexBits | index)
        if isAdded { break }
        unsafe flush(frames, socket, sender, &progress)
      }
    }
  }

  /// Sends what was added.
  private mutating func flush(
    _ frames: SendBatch, _ socket: Int32, _ sender: UnsafeMutablePointer<SegmentSender>, _ progress: inout Progress
  ) {
    var first = 0
    while unsafe first < sender.pointee.count {
      let (sent, error) = unsafe sender.pointee.send(to: socket, from: first)
      for entry in first..<(first &+ sent) {
        let tag = unsafe sender.pointee.tag(entry)
        let (slot, index) = (tag >> Self.indexBits, tag & (Self.batch &- 1))
        progress.done |= FrameMask(frame: index)
        unsafe table.slots[slot].sentFrames &+= 1
        unsafe table.slots[slot].sentBytes &+= UInt64(truncatingIfNeeded: frames[index].length)
      }
      first &+= sent
      if error == 0 { break }
      if error == EAGAIN || error == ENOBUFS {
        for entry in unsafe first..<sender.pointee.count {
          unsafe progress.left |= FrameMask(frame: sender.pointee.tag(entry) & (Self.batch &- 1))
        }
        break
      }
      // About this one alone: a peer without a route must not hold the others up.
      sendErrors.record(error)
      unsafe progress.done |= FrameMask(frame: sender.pointee.tag(first) & (Self.batch &- 1))
      first &+= 1
    }
    unsafe sender.pointee.removeAll()
  }
}

extension SendBatch {
  /// Which frames of a mask go to that peer.
  fileprivate func going(to slot: Int, of mask: FrameMask, _ table: borrowing RemoteTable) -> FrameMask {
    var rest = mask
    var found: FrameMask = 0
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      let bit = rest & (0 &- rest)
      rest &= rest &- 1
      if table.index(of: self[index].remote) == slot { found |= bit }
    }
    return found
  }
}
