import CLinux
import CTransport
import Glibc
import LinuxIO

// A descriptor that is ready for ever and brings nothing, since its transport does not read it or asks for EPOLLOUT with
// nothing to write, would keep the thread at full load. It cannot be left out: it may bring a frame with the next round.
// So a thread whose rounds bring nothing rests between them, as long as that lasts; one round that brings a frame ends it.

extension Forwarder {
  /// Rounds without a frame or a command, one after the other and within a second, that are no coincidence.
  private static let believedRounds = 1_000
  private static let restMicroseconds: UInt32 = 1_000

  /// Called at the end of a round.
  /// - Parameter events: what epoll reported in it.
  func restIfSpinning(_ events: UnsafeBufferPointer<epoll_event>) {
    let now = unsafe state.pointee.now
    guard !events.isEmpty, unsafe !state.pointee.isFruitful else {
      unsafe state.pointee.fruitlessRounds = 0
      return
    }
    if unsafe state.pointee.fruitlessRounds == 0 { unsafe state.pointee.fruitlessSince = now }
    unsafe state.pointee.fruitlessRounds += 1
    guard unsafe state.pointee.fruitlessRounds >= Self.believedRounds else { return }
    if unsafe state.pointee.fruitlessRounds == Self.believedRounds {
      guard unsafe now - state.pointee.fruitlessSince < 1_000_000_000 else {
        unsafe state.pointee.fruitlessRounds = 0
        return
      }
      for index in 0..<events.count {
        guard let (_, endpoint) = unsafe target(of: events[index].data.u64) else { continue }
        unsafe reportOnce(endpoint, "its descriptor is always ready and brings nothing")
      }
    }
    usleep(Self.restMicroseconds)
  }
}
