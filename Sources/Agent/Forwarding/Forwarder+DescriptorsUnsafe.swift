import CLinux
import CTransport
import Glibc
import LinuxIO

// The slots of one endpoint are chained: `EndpointContext.firstSlot`, `PolledDescriptor.next`; 0 ends the chain, so the
// zeroed table needs no set-up and slot 0 stays unused.

extension Forwarder {
  /// Asks each endpoint whose list may have changed, and makes the epoll set equal to the answers.
  func refreshStaleEndpoints() {
    unsafe state.pointee.hasStaleEndpoints = false
    for index in unsafe 0..<state.pointee.endpoints.count {
      let endpoint = unsafe state.pointee.endpoints[index]
      guard unsafe endpoint.pointee.isStale else { continue }
      unsafe endpoint.pointee.isStale = false
      unsafe refresh(endpoint)
    }
  }

  /// In three steps, because a descriptor that the plugin closed may have come back as another file with its number:
  /// first see which slots are still good, then drop the others, then add what is new.
  private func refresh(_ endpoint: UnsafeMutablePointer<EndpointContext>) {
    let capacity = unsafe ForwarderState.descriptorsPerEndpoint
    let asked = unsafe state.pointee.asked
    let answered = unsafe Int(
      endpoint.pointee.transport.pointee.descriptors!(
        endpoint.pointee.endpoint, asked, UInt32(MemoryLayout<umbel_descriptor>.stride), UInt32(capacity)))
    // The answer is the newest there is. A plugin that reports a change while it answers would be asked for ever.
    if unsafe endpoint.pointee.isStale { unsafe reportOnce(endpoint, "descriptors calls descriptors_changed") }
    unsafe endpoint.pointee.isStale = false
    if answered < 0 { unsafe reportOnce(endpoint, "it cannot say what its descriptors are") }
    if answered > capacity { unsafe reportOnce(endpoint, "it has more than 64 descriptors; the first 64 are polled") }
    let count = min(max(answered, 0), capacity)
    unsafe forEachSlot(of: endpoint) { _, slot in unsafe slot.pointee.isKept = false }
    for position in 0..<count { unsafe asked[position].zero = keep(asked[position], of: endpoint) ? 1 : 0 }
    unsafe dropSlots(of: endpoint) { unsafe !$0.pointee.isKept }
    for position in 0..<count where unsafe asked[position].zero == 0 { unsafe add(asked[position], to: endpoint) }
    unsafe endpoint.pointee.deadline = deadline(of: endpoint)
  }

  /// - Returns: whether the descriptor is in the epoll set already; its events are up to date then.
  private func keep(_ wanted: umbel_descriptor, of endpoint: UnsafeMutablePointer<EndpointContext>) -> Bool {
    var isKnown = false
    unsafe forEachSlot(of: endpoint) { index, slot in
      guard !isKnown, unsafe slot.pointee.number == wanted.descriptor, unsafe slot.pointee.token == wanted.token,
        unsafe slot.pointee.isHousekeeping == (wanted.kind == UMBEL_DESCRIPTOR_HOUSEKEEPING)
      else { return }
      let readiness = Readiness(rawValue: wanted.events).intersection([.readable, .writable])
      let token = unsafe epollToken(index, slot.pointee.generation)
      isKnown = (try? unsafe state.pointee.epoll.modify(wanted.descriptor, for: readiness, token: token)) != nil
      unsafe slot.pointee.isKept = isKnown
    }
    return isKnown
  }

  private func add(_ wanted: umbel_descriptor, to endpoint: UnsafeMutablePointer<EndpointContext>) {
    guard let index = takeSlot() else {
      return unsafe reportOnce(endpoint, "this thread polls as many descriptors as it can")
    }
    let slot = unsafe state.pointee.descriptors.pointer(Int(index))
    let generation = unsafe slot.pointee.generation &+ 1
    do {
      try unsafe state.pointee.epoll.add(
        wanted.descriptor, for: Readiness(rawValue: wanted.events).intersection([.readable, .writable]),
        token: epollToken(index, generation))
    } catch {
      unsafe state.pointee.freeSlots.append(index)
      return unsafe reportOnce(endpoint, "it names a descriptor that cannot be polled")
    }
    disown(wanted.descriptor)
    unsafe slot.pointee = PolledDescriptor(
      endpoint: endpoint, token: wanted.token, number: wanted.descriptor, generation: generation,
      next: endpoint.pointee.firstSlot, isHousekeeping: wanted.kind == UMBEL_DESCRIPTOR_HOUSEKEEPING,
      isReady: slot.pointee.isReady, isKept: true, hangUps: 0)
    unsafe endpoint.pointee.firstSlot = index
  }

  /// A number that epoll took as new belonged to a file that is closed: whichever slot still has it must not take the
  /// new file out of the set when it is dropped.
  private func disown(_ number: Int32) {
    for index in unsafe 0..<state.pointee.slotsUsed {
      let slot = unsafe state.pointee.descriptors.pointer(index + 1)
      if unsafe slot.pointee.number == number { unsafe slot.pointee.number = -1 }
    }
  }

  /// Takes an endpoint's descriptors out of the epoll set.
  func stopPolling(_ endpoint: UnsafeMutablePointer<EndpointContext>) {
    unsafe dropSlots(of: endpoint) { _ in true }
  }

  private func dropSlots(
    of endpoint: UnsafeMutablePointer<EndpointContext>,
    where isDropped: (UnsafeMutablePointer<PolledDescriptor>) -> Bool
  ) {
    var kept: UInt32 = 0
    unsafe forEachSlot(of: endpoint) { index, slot in
      if unsafe isDropped(slot) {
        // A descriptor that is closed already has left by itself.
        if unsafe slot.pointee.number >= 0 { try? unsafe state.pointee.epoll.remove(slot.pointee.number) }
        unsafe slot.pointee.endpoint = nil
        unsafe state.pointee.freeSlots.append(index)
      } else {
        unsafe slot.pointee.next = kept
        kept = index
      }
    }
    unsafe endpoint.pointee.firstSlot = kept
  }

  private func forEachSlot(
    of endpoint: UnsafeMutablePointer<EndpointContext>, _ body: (UInt32, UnsafeMutablePointer<PolledDescriptor>) -> Void
  ) {
    var index = unsafe endpoint.pointee.firstSlot
    while index != 0 {
      let slot = unsafe state.pointee.descriptors.pointer(Int(index))
      let next = unsafe slot.pointee.next
      unsafe body(index, slot)
      index = next
    }
  }

  private func takeSlot() -> UInt32? {
    let free = unsafe state.pointee.freeSlots.count
    if free > 0 {
      let index = unsafe state.pointee.freeSlots[free - 1]
      unsafe state.pointee.freeSlots.swapRemove(at: free - 1)
      return index
    }
    guard unsafe state.pointee.slotsUsed + 1 < ForwarderState.descriptorCapacity else { return nil }
    unsafe state.pointee.slotsUsed += 1
    return unsafe UInt32(state.pointee.slotsUsed)
  }

  private func epollToken(_ index: UInt32, _ generation: UInt32) -> UInt64 { UInt64(generation) << 32 | UInt64(index) }
}
