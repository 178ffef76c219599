/// A frame that was recorded; its bytes are apart.
package struct CaptureRecord: Equatable, Sendable {
  package enum Direction: UInt8, Sendable {
    case arriving, leaving
  }

  package enum Outcome: Equatable, Sendable {
    /// It was sent; or it came in and goes to one port, `peer`.
    case passed
    /// It goes out by all ports.
    case flooded
    /// It ended here; the code of the reason, whose name the agent tells.
    case dropped(UInt8)

    package init(code: UInt8) {
      switch code {
      case RingLayout.passed: self = .passed
      case RingLayout.flooded: self = .flooded
      default: self = .dropped(code)
      }
    }
  }

  /// Nanoseconds since 1970.
  package var time: UInt64
  /// Number of the port.
  package var port: UInt32
  /// Of the port that it goes to; 0: none.
  package var peer: UInt32
  package var direction: Direction
  package var outcome: Outcome
  /// Bytes of the frame.
  package var length: Int
  /// Bytes of payload in a segment; 0: the frame stands for itself.
  package var segmentSize: Int
  /// Frames that were lost between the one before and this one.
  package var lostBefore: UInt64 = 0

  package init(
    time: UInt64, port: UInt32, peer: UInt32 = 0, direction: Direction, outcome: Outcome = .passed, length: Int,
    segmentSize: Int = 0
  ) {
    self.time = time
    self.port = port
    self.peer = peer
    self.direction = direction
    self.outcome = outcome
    self.length = length
    self.segmentSize = segmentSize
  }
}
