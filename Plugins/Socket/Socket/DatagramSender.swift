import Synchronization

/// What a sender's announcement carries from the forwarding thread to the control thread and back: its place in the
/// endpoint's table. Made once for each place, so that announcing allocates nothing.
final class DatagramSender {
  /// Outlives its senders: the host closes the door's own port last.
  unowned let endpoint: DatagramEndpoint
  /// Its place in the table.
  let index: Int
  private let abandoned = Atomic<Bool>(false)
  private let superseded = Atomic<Bool>(false)

  init(_ endpoint: DatagramEndpoint, index: Int) {
    self.endpoint = endpoint
    self.index = index
  }

  /// Its place has a new holder, who is announced. Forwarding thread.
  func renew() { superseded.store(false, ordering: .releasing) }

  /// The host has refused it, or closed its port before that began. Control thread.
  func abandon() { abandoned.store(true, ordering: .releasing) }

  /// Whether it has been abandoned since last asked. Forwarding thread.
  func takeAbandoned() -> Bool { abandoned.exchange(false, ordering: .acquiring) }

  /// It was announced because it sent before its adopted port began. Forwarding thread.
  func supersede() { superseded.store(true, ordering: .releasing) }

  /// Whether it has a port by now. Control thread.
  var isSuperseded: Bool { superseded.load(ordering: .acquiring) }
}
