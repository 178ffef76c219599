import CRecording
import CTransport

/// Where the frames of a batch turned off, each from the way of the one before; noted only for the flight recorder.
@unsafe
struct Turns: ~Copyable {
  /// Whether turns are to be noted.
  var isNoted = false
  private(set) var count = 0
  /// The turns, and behind them where the last one ends.
  let all: UnsafeMutablePointer<crecording_turn>

  init() { unsafe all = .allocate(capacity: ForwarderState.receiveCapacity + 1) }

  deinit { unsafe all.deallocate() }

  /// Notes a frame that has turned off, and what became of it.
  mutating func note(_ frame: UnsafeMutablePointer<umbel_frame>, _ way: FrameWay) {
    let fate = unsafe RingWriter.Fate(way)
    let code = unsafe UInt32(fate.outcome) << 8 | (fate.isReadable ? 0 : CRECORDING_UNREADABLE)
    let turn = unsafe crecording_turn(frame: frame, peer: fate.peer, fate: code)
    unsafe (all + count).initialize(to: turn)
    unsafe count &+= 1
  }

  /// The last turn ends before a frame, which is none.
  func end(at frame: UnsafeMutablePointer<umbel_frame>) {
    unsafe frame.pointee.piece_count = 0
    unsafe (all + count).initialize(to: crecording_turn(frame: frame, peer: 0, fate: 0))
  }

  mutating func removeAll() { unsafe count = 0 }
}
