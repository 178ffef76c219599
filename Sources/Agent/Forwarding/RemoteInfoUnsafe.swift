import CTransport
import Switching
import TransportHost

/// A peer of a trunk as its transport knows it: `umbel_remote_info`.
struct RemoteInfo {
  let remote: Remote
  /// Nanoseconds of CLOCK_MONOTONIC; 0: never.
  let lastHeard: UInt64
  let receivedFrames: UInt64
  let receivedBytes: UInt64
  let sentFrames: UInt64
  let sentBytes: UInt64
  let address: String
  /// Empty: none.
  let name: String

  /// - Parameters:
  ///   - answer: a command `remotes` that has come back.
  ///   - index: less than its result.
  init(_ answer: ForwardingCommand, _ index: Int) {
    let info = unsafe answer.remotes[index]
    remote = Remote(index: info.remote.index, generation: info.remote.generation)
    lastHeard = info.last_heard
    receivedFrames = info.received_frames
    receivedBytes = info.received_bytes
    sentFrames = info.sent_frames
    sentBytes = info.sent_bytes
    address = unsafe withUnsafeBytes(of: info.address) { unsafe Self.text($0) }
    name = unsafe withUnsafeBytes(of: info.name) { unsafe Self.text($0) }
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe PluginText.printable(bytes.prefix { $0 != 0 })
  }
}
