import CTransport
import Ethernet
import LinuxIO
import Switching

// A frame that is longer than what passes the port's underlay in one piece. In this order:
//
//   longer than the port takes at all           dropped, `too-large-for-port`
//   its sender can be told (option too-big)     told by ICMP, and dropped, `too-big`
//   else, by the option oversize                sent all the same, for the underlay to fragment, and counted;
//                                               or dropped, `oversize-for-path`
//
// A frame that stands for many is judged by the longest of them. What is flooded is not answered: the destination may be
// at a port that takes it, and the sender would remember the answer. Answers go out by the port that the frame came in
// by, at most a hundred a second; what is over that is dropped all the same, for the sender has been told.

extension Forwarder {
  /// The most answers a second for one port.
  private static let mostAnswers: UInt32 = 100

  /// Decides about a frame that is longer than the port's `plainFrame`. If it is not to be sent it has been counted.
  /// - Parameter segment: bytes of the longest frame that it stands for.
  // Not inlined: it would cost every frame registers.
  @inline(never)
  func takesLong(
    _ frame: UnsafeMutablePointer<umbel_frame>, segment: Int, _ port: UnsafeMutablePointer<PortContext>
  ) -> Bool {
    if unsafe segment > Int(port.pointee.largestFrame) {
      unsafe drop(frame, at: port, .tooLargeForPort)
      return false
    }
    let settings = unsafe port.pointee.settings
    if settings.tooBig, unsafe !state.pointee.isFlooding,
      unsafe answer(frame, segment: segment, limit: Int(port.pointee.wholeLimit))
    {
      unsafe drop(frame, at: port, .tooBig)
      return false
    }
    if settings.oversize == .drop {
      unsafe drop(frame, at: port, .oversizeForPath)
      return false
    }
    unsafe port.pointee.counters.countFragmented()
    return true
  }

  /// Tells the sender of a frame how long its packets may be.
  /// - Returns: false: it is not one that is told.
  private func answer(_ frame: UnsafeMutablePointer<umbel_frame>, segment: Int, limit: Int) -> Bool {
    guard unsafe Int(frame.pointee.port) < state.pointee.ports.capacity,
      let ingress = unsafe state.pointee.ports.pointer(Int(frame.pointee.port)).pointee
    else { return false }
    let space = unsafe state.pointee.scratch.bytes.baseAddress!
    let (head, available) = unsafe head(of: frame, TooBig.wantedBytes, space: space)
    guard let answer = unsafe TooBig(head, available: available, segmentLength: segment, limit: limit) else {
      return false
    }
    if unsafe !mayAnswer(ingress) { return true }
    let room = room(bytes: TooBig.mostBytes, pieces: 1)
    let length = unsafe answer.write(into: room.bytes, about: head, available: available)
    guard unsafe length <= Int(ingress.pointee.largestFrame) else { return true }
    let remote = unsafe frame.pointee.remote
    unsafe append(
      WrittenFrame(room: room, head: length), to: ingress,
      remote: Remote(index: remote.index, generation: remote.generation))
    return true
  }

  private func mayAnswer(_ port: UnsafeMutablePointer<PortContext>) -> Bool {
    guard unsafe port.pointee.isUp else { return false }
    if unsafe port.pointee.answerSecond != seconds {
      unsafe port.pointee.answerSecond = seconds
      unsafe port.pointee.answers = 0
    }
    guard unsafe port.pointee.answers < Self.mostAnswers else { return false }
    unsafe port.pointee.answers += 1
    return true
  }

  /// The first bytes of a frame, contiguous.
  /// - Parameters:
  ///   - wanted: how many, if it has so many.
  ///   - space: room for those, where they lie in several pieces.
  func head(
    of frame: UnsafeMutablePointer<umbel_frame>, _ wanted: Int, space: UnsafeMutableRawPointer
  ) -> (start: UnsafeRawPointer, count: Int) {
    let first = unsafe frame.pointee.pieces[0]
    let wanted = unsafe min(Int(frame.pointee.length), wanted)
    if unsafe first.length >= wanted { return unsafe (first.data, first.length) }
    var length = 0
    for index in unsafe 0..<Int(frame.pointee.piece_count) where length < wanted {
      let piece = unsafe frame.pointee.pieces[index]
      let count = unsafe min(piece.length, wanted - length)
      unsafe (space + length).copyMemory(from: piece.data, byteCount: count)
      length += count
    }
    return (UnsafeRawPointer(space), length)
  }
}
