import TransportHost

/// Which datagrams on the underlay are those of this agent's trunks, of all LANs: what a guest port of one LAN brings in
/// may belong to the trunk of another. Each forwarding thread has a table of its own.
///
/// A thread gets a new table when it has taken over the one before: however many trunks change at once, no more than two
/// tables of a thread exist.
final class UnderlayRegistry {
  private var flows: [UInt32: [UnderlayFlow]] = [:]
  private var copies: [Copy] = []

  private final class Copy {
    let thread: ForwardingThread
    var inForce = UnderlayMemory([])
    var isUnderway = false
    var isStale = false

    init(_ thread: ForwardingThread) { self.thread = thread }
  }

  /// What the transport of a trunk has reported last.
  func flows(of port: UInt32) -> [UnderlayFlow] { flows[port] ?? [] }

  /// Tells this thread, too, from now on.
  func inform(_ thread: ForwardingThread) {
    let copy = Copy(thread)
    copies.append(copy)
    if !flows.isEmpty { renew(copy) }
  }

  /// Replaces the flows of a port.
  func set(_ new: [UnderlayFlow], of port: UInt32) {
    guard new != flows(of: port) else { return }
    flows[port] = new.isEmpty ? nil : new
    for copy in copies { renew(copy) }
  }

  private func renew(_ copy: Copy) {
    copy.isStale = true
    guard !copy.isUnderway else { return }
    copy.isStale = false
    copy.isUnderway = true
    let memory = UnderlayMemory(
      flows.sorted { $0.key < $1.key }.flatMap { port, flows in flows.map { (trunk: port, flow: $0) } })
    copy.thread.post(
      unsafe ForwardingCommand(.setUnderlay(memory.table)) { [self] _ in
        // The thread has let go of the one before, which is freed here.
        copy.inForce = memory
        copy.isUnderway = false
        if copy.isStale { renew(copy) }
      })
  }
}
