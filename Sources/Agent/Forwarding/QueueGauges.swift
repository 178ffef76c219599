package import Synchronization

/// How much waits in a port's queue: written by the forwarding thread, read by the control thread at any time.
package final class QueueGauges: Sendable {
  package let frames = Atomic<Int>(0)
  package let bytes = Atomic<Int>(0)

  package init() {}

  func set(frames: Int, bytes: Int) {
    self.frames.store(frames, ordering: .relaxed)
    self.bytes.store(bytes, ordering: .relaxed)
  }
}
