import Synchronization

/// What a sender's announcement carries from the forwarding thread to the control thread and back: its place in the
/// endpoint's table. Made once for each place, so that announcing allocates nothing.
final class DatagramSender {
  /// Outlives its senders: the host closes the door's own port last.
  unowned let endpoint: DatagramEndpoint
  /// Its place in the table.
  let index: Int
  private let isAbandoned = Atomic<Bool>(false)

  init(_ endpoint: DatagramEndpoint, index: Int) {
    self.endpoint = endpoint
    self.index = index
  }

  /// The host has refused it, or closed its port before that began. Control thread.
  func abandon() { isAbandoned.store(true, ordering: .releasing) }

  /// Whether it has been abandoned since last asked. Forwarding thread.
  func takeAbandoned() -> Bool { isAbandoned.exchange(false, ordering: .acquiring) }
}
