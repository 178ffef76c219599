import Ethernet
import Switching

/// Where a frame went that the switch sent to one port. The next frame of the same batch with the same addresses and
/// type, of the same sender, goes the same way, without the switch being asked: most frames of a batch are of one flow,
/// and for them that is half of what forwarding costs. Of a source that is not learned, which counts each time the switch
/// is asked, they are one.
@unsafe
struct FrameWay {
  /// The port that the frame came in by; nil: there is none to go by.
  var port: UnsafeMutablePointer<PortContext>?
  private(set) var target: UnsafeMutablePointer<PortContext>?
  /// What became of the last frame if it went to no one port: see `RingLayout`.
  private(set) var ending: UInt8 = 0
  private(set) var targetRemote = Remote.everyone
  private var remote = Remote.everyone
  // The frame's first fourteen bytes, as they lie in memory: 0 to 7, and 6 to 13.
  private var first: UInt64 = 0
  private var last: UInt64 = 0

  init() {}

  /// Notes the way of a frame of 14 bytes at least. With a VLAN tag there is none, for its VLAN lies further behind.
  init(
    of frame: UnsafeRawPointer, from remote: Remote, at port: UnsafeMutablePointer<PortContext>,
    to target: UnsafeMutablePointer<PortContext>, _ targetRemote: Remote
  ) {
    unsafe first = frame.loadUnaligned(as: UInt64.self)
    unsafe last = frame.loadUnaligned(fromByteOffset: 6, as: UInt64.self)
    let type = unsafe EtherType(rawValue: UInt16(truncatingIfNeeded: last.bigEndian))
    unsafe self.port = type.isTag ? nil : port
    unsafe self.target = unsafe target
    unsafe self.targetRemote = targetRemote
    unsafe self.remote = remote
  }

  /// The last frame went to no one port: there is no way to go by.
  mutating func end(_ ending: UInt8) {
    unsafe port = nil
    unsafe target = nil
    unsafe self.ending = ending
  }

  /// Whether a frame has the same addresses and type, and the same sender.
  @inline(__always)
  func isSame(_ frame: UnsafeRawPointer, length: Int, from remote: Remote) -> Bool {
    guard length >= FrameHeader.length else { return false }
    return unsafe frame.loadUnaligned(as: UInt64.self) == first
      && frame.loadUnaligned(fromByteOffset: 6, as: UInt64.self) == last && remote == self.remote
  }
}
