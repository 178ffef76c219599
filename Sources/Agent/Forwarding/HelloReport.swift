package import Switching

/// A frame of an agent that has come in, on its way to the control thread.
package struct HelloReport: BitwiseCopyable, Sendable {
  /// Number of the port that it came in by.
  package var port: UInt32
  package var remote: Remote
  /// Nanoseconds of CLOCK_MONOTONIC when the batch that it came in was received.
  package var time: UInt64
  /// Bytes of the whole frame.
  package var length: UInt32
  /// How many of ``bytes`` are its beginning.
  package var count = 0
  package var bytes = InlineArray<640, UInt8>(repeating: 0)

  package init(port: UInt32, remote: Remote, time: UInt64, length: UInt32) {
    self.port = port
    self.remote = remote
    self.time = time
    self.length = length
  }

  package static let capacity = 640

  /// The beginning of the frame.
  package var beginning: [UInt8] { (0..<count).map { bytes[$0] } }
}
