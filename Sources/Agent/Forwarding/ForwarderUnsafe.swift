// A forwarding thread: it owns a set of LANs and runs their frames to completion.
//
// One round of the loop:
//   1. epoll says which descriptors are ready; those are put on the ready list.
//   2. Commands of the control thread are carried out: between batches, so a port never vanishes under a frame.
//   3. For each ready descriptor: receive a batch of up to 256 frames; ask the switch for each frame where it goes; put
//      it into the batches of those ports; hand every touched port its batch in one call of `send`. The plugin's buffers
//      are borrowed until its next `receive`, so all sends end before it.
//   4. What a port does not take is copied into its queue, bounded in bytes; what finds no room is dropped and counted.
//      Queues are tried again when frames for the port come, and at most 1 ms apart.
//   5. Ticks that are due, once a second the housekeeping of the FDB and the queues.
//
// With `busy-poll` a round may not sleep in epoll for some time after a frame, see `BusyPolling`.
//
// Nothing here allocates, waits for a lock, or looks at more of a frame than its header. Everything lives behind one
// pointer: plugins call back while a function of this file runs, so no access to the state may last over such a call.

import CLinux
import CTransport
import Glibc
import LinuxIO
import Switching
import Synchronization
import TransportHost

/// The state of a forwarding thread, reached through a pointer only.
@unsafe
struct ForwarderState: ~Copyable {
  /// Events of one `epoll_wait`.
  static let eventCapacity = 64
  /// Frames of one `receive`: what several buffers of merged datagrams hold, 45 of full size each.
  static let receiveCapacity = 256
  /// Descriptors one thread polls at most; a table of lazily mapped memory.
  static let descriptorCapacity = 131_072
  /// Descriptors one endpoint may have.
  static let descriptorsPerEndpoint = Int(UMBEL_MOST_DESCRIPTORS)

  let channel: ForwardingChannel
  let epoll: Epoll
  let events: UnsafeMutablePointer<epoll_event>
  let frames: UnsafeMutablePointer<umbel_frame>
  let queuedFrames: UnsafeMutablePointer<umbel_frame>
  let queuedPieces: UnsafeMutablePointer<umbel_piece>
  /// Room for the beginning of a frame, or all of it, while it is looked into.
  let scratch: MappedMemory
  /// What is written of frames on their way out, until all batches have been sent.
  var arena: FrameArena
  let asked: UnsafeMutablePointer<umbel_descriptor>
  /// Frames that were rewritten on their way in, until this round's batch has been sent, and behind them room for one
  /// on its way out. See `Forwarder+ClampUnsafe.swift`.
  let rewritten: MappedMemory
  let rewrittenPieces: UnsafeMutablePointer<umbel_piece>
  var rewrittenCount = 0
  /// The longest frame that is rewritten: a SYN with what TCP Fast Open adds.
  static let longestRewritten = 2_048
  /// Super-frames that were made of segments in this round. See `Forwarder+CoalesceUnsafe.swift`.
  let superFrames: MappedMemory
  var superFrameCount = 0
  /// Of a round, for all ports; what comes behind stays as it is.
  static let mostSuperFrames = 128
  /// Where the last frame of this batch went.
  var way = unsafe FrameWay()
  var turns = unsafe Turns()
  /// The frame that is being put goes to all ports.
  var isFlooding = false

  var descriptors: FixedTable<PolledDescriptor>
  var ready: FixedList<UInt32>
  var freeSlots: FixedList<UInt32>
  /// The highest slot that was ever used.
  var slotsUsed = 0
  var ports: FixedTable<UnsafeMutablePointer<PortContext>?>
  var portList: FixedList<UnsafeMutablePointer<PortContext>>
  var touched: FixedList<UnsafeMutablePointer<PortContext>>
  var queued: FixedList<UnsafeMutablePointer<PortContext>>
  var endpoints: FixedList<UnsafeMutablePointer<EndpointContext>>
  var lans: FixedList<UnsafeMutablePointer<LANContext>>

  /// The trunks' datagrams, which guest ports must not bring in.
  var underlay = UnderlayTable()

  var now = monotonicNanoseconds()
  let started = monotonicNanoseconds()
  var seconds: UInt32 = 0
  var nextHousekeeping: UInt64 = 0
  /// A frame was received or a command carried out in this round.
  var isFruitful = false
  /// Rounds in which epoll reported something and nothing came of it, one after the other; when they began.
  var fruitlessRounds = 0
  var fruitlessSince: UInt64 = 0
  var busyPolling = BusyPolling()
  /// Frames that were received in this round.
  var roundFrames = 0
  var hasPendingReports = false
  var hasStaleEndpoints = false
  var hasUnsettledPorts = false
  var isStopping = false
  /// Commands are carried out, nothing else; and whether the thread has noticed.
  var isFrozen = false
  var isResting = false

  init(channel: ForwardingChannel) throws(Errno) {
    // What can fail comes first: a value without copies is either whole or not there.
    let epoll = try Epoll()
    unsafe try epoll.add(channel.wakeup.descriptor.number, for: .readable, token: PolledDescriptor.wakeupToken)
    let scratch = try MappedMemory(byteCount: Int(UMBEL_LARGEST_FRAME))
    let arena = try FrameArena()
    let rewritten = unsafe try MappedMemory(byteCount: (Self.receiveCapacity + 1) * Self.longestRewritten)
    let superFrames = unsafe try MappedMemory(byteCount: Self.mostSuperFrames * SuperFrame.byteCount)
    let descriptors = unsafe try FixedTable<PolledDescriptor>(capacity: Self.descriptorCapacity)
    let ready = unsafe try FixedList<UInt32>(capacity: Self.descriptorCapacity)
    let freeSlots = unsafe try FixedList<UInt32>(capacity: Self.descriptorCapacity)
    let ports = unsafe try FixedTable<UnsafeMutablePointer<PortContext>?>(capacity: PortNumbers.capacity)
    let portList = unsafe try FixedList<UnsafeMutablePointer<PortContext>>(capacity: PortNumbers.capacity)
    let touched = unsafe try FixedList<UnsafeMutablePointer<PortContext>>(capacity: PortNumbers.capacity)
    let queued = unsafe try FixedList<UnsafeMutablePointer<PortContext>>(capacity: PortNumbers.capacity)
    let endpoints = unsafe try FixedList<UnsafeMutablePointer<EndpointContext>>(capacity: PortNumbers.capacity)
    let lans = unsafe try FixedList<UnsafeMutablePointer<LANContext>>(capacity: Agent.mostLANs)
    unsafe self.channel = channel
    unsafe self.epoll = epoll
    unsafe self.scratch = scratch
    unsafe self.arena = arena
    unsafe self.rewritten = rewritten
    unsafe self.superFrames = superFrames
    unsafe self.descriptors = unsafe descriptors
    unsafe self.ready = ready
    unsafe self.freeSlots = freeSlots
    unsafe self.ports = ports
    unsafe self.portList = portList
    unsafe self.touched = touched
    unsafe self.queued = queued
    unsafe self.endpoints = endpoints
    unsafe self.lans = lans
    unsafe events = .allocate(capacity: Self.eventCapacity)
    // One more, for where a batch ends.
    unsafe frames = .allocate(capacity: Self.receiveCapacity + 1)
    unsafe frames.initialize(repeating: umbel_frame(), count: Self.receiveCapacity + 1)
    unsafe queuedFrames = .allocate(capacity: PortContext.batchCapacity)
    unsafe queuedPieces = .allocate(capacity: PortContext.batchCapacity)
    unsafe rewrittenPieces = .allocate(capacity: Self.receiveCapacity + 1)
    unsafe asked = .allocate(capacity: Self.descriptorsPerEndpoint)
  }

  deinit {
    unsafe events.deallocate()
    unsafe frames.deallocate()
    unsafe queuedFrames.deallocate()
    unsafe queuedPieces.deallocate()
    unsafe rewrittenPieces.deallocate()
    unsafe asked.deallocate()
  }
}

/// A descriptor in a forwarding thread's epoll set.
@unsafe
struct PolledDescriptor {
  /// Epoll's token of the thread's own wake-up; no slot has this number.
  static let wakeupToken = UInt64.max

  var endpoint: UnsafeMutablePointer<EndpointContext>?
  var token: UInt64
  /// -1: closed, and the number is another's.
  var number: Int32
  var generation: UInt32
  /// The endpoint's next slot; 0: none.
  var next: UInt32
  var isHousekeeping: Bool
  var isReady: Bool
  /// Seen again in the endpoint's newest list.
  var isKept: Bool
  /// Consecutive hang-ups that brought no frame.
  var hangUps: UInt32
}

/// The functions of a forwarding thread, over its state.
@safe
struct Forwarder {
  let state: UnsafeMutablePointer<ForwarderState>

  /// Rounds until the command `stop`.
  func run() {
    unsafe clinux_set_thread_context(UnsafeMutableRawPointer(state))
    while unsafe !state.pointee.isStopping { round() }
    clinux_set_thread_context(nil)
  }

  /// One round, on whatever thread calls.
  func step() {
    unsafe clinux_set_thread_context(UnsafeMutableRawPointer(state))
    round()
    clinux_set_thread_context(nil)
  }

  private func round() {
    let capacity = unsafe ForwarderState.eventCapacity
    let events = unsafe UnsafeMutableBufferPointer(start: state.pointee.events, count: capacity)
    let timeout = timeoutMilliseconds()
    // An epoll set that fails is a fault of this program: the descriptor and the memory are its own.
    guard let count = try? unsafe state.pointee.epoll.wait(into: events, milliseconds: timeout) else {
      preconditionFailure("epoll_wait refused the thread's own set")
    }
    takeTime()
    unsafe state.pointee.isFruitful = false
    unsafe state.pointee.roundFrames = 0
    for index in 0..<count { unsafe take(events[index]) }
    carryOutCommands()
    if unsafe state.pointee.hasUnsettledPorts { settlePorts() }
    if unsafe state.pointee.hasStaleEndpoints { refreshStaleEndpoints() }
    receiveFromReady()
    if unsafe state.pointee.queued.count > 0 { retryQueues() }
    runTicks()
    if unsafe state.pointee.hasPendingReports { flushPendingReports() }
    noteBusy()
    unsafe restIfSpinning(UnsafeBufferPointer(rebasing: events[..<count]))
  }

  private func takeTime() {
    let now = monotonicNanoseconds()
    unsafe state.pointee.now = now
    unsafe state.pointee.seconds = UInt32(truncatingIfNeeded: (now - state.pointee.started) / 1_000_000_000)
  }

  private func noteBusy() {
    let now = unsafe state.pointee.now
    let isFruitful = unsafe state.pointee.isFruitful
    unsafe state.pointee.busyPolling.note(now, frames: state.pointee.roundFrames, isFruitful: isFruitful)
    // Whoever is to send the next frame, or has the last one, may wait for this processor.
    if unsafe !isFruitful && state.pointee.busyPolling.isWakeful(at: now) { sched_yield() }
  }

  private func timeoutMilliseconds() -> Int32 {
    if unsafe state.pointee.busyPolling.isWakeful(at: state.pointee.now) { return 0 }
    if unsafe state.pointee.ready.count > 0 || state.pointee.hasStaleEndpoints || state.pointee.hasUnsettledPorts {
      return 0
    }
    var next = unsafe state.pointee.lans.count > 0 ? state.pointee.nextHousekeeping : UInt64.max
    for index in unsafe 0..<state.pointee.queued.count {
      next = unsafe min(next, state.pointee.queued[index].pointee.retryAt)
    }
    for index in unsafe 0..<state.pointee.endpoints.count {
      next = unsafe min(next, state.pointee.endpoints[index].pointee.deadline)
    }
    if unsafe state.pointee.hasPendingReports { next = unsafe min(next, state.pointee.now + 1_000_000) }
    if next == .max { return -1 }
    let now = unsafe state.pointee.now
    return next <= now ? 0 : Int32(clamping: (next - now + 999_999) / 1_000_000)
  }

  private func take(_ event: epoll_event) {
    let token = unsafe event.data.u64
    if unsafe token == PolledDescriptor.wakeupToken { return unsafe state.pointee.channel.wakeup.clear() }
    guard let (index, endpoint) = unsafe target(of: token) else { return }
    let slot = unsafe state.pointee.descriptors.pointer(Int(index))
    let bits = unsafe event.events
    let isHungUp = bits & Readiness.hungUp.rawValue != 0
    if unsafe slot.pointee.isHousekeeping || isHungUp || bits & Readiness.failed.rawValue != 0 {
      unsafe endpoint.pointee.transport.pointee.ready?(endpoint.pointee.endpoint, slot.pointee.token, bits)
      unsafe endpoint.pointee.deadline = deadline(of: endpoint)
    }
    if unsafe !slot.pointee.isHousekeeping, unsafe !slot.pointee.isReady {
      unsafe slot.pointee.isReady = true
      unsafe state.pointee.ready.append(index)
    }
    if isHungUp { unsafe noteHangUp(slot, endpoint) }
  }

  /// The slot that a token of epoll means, and its endpoint; nil: the slot has been given to another in the meantime.
  func target(of token: UInt64) -> (slot: UInt32, endpoint: UnsafeMutablePointer<EndpointContext>)? {
    if unsafe token == PolledDescriptor.wakeupToken { return nil }
    let index = UInt32(truncatingIfNeeded: token)
    let slot = unsafe state.pointee.descriptors.pointer(Int(index))
    guard unsafe slot.pointee.generation == UInt32(token >> 32), let endpoint = unsafe slot.pointee.endpoint else {
      return nil
    }
    return unsafe (index, endpoint)
  }

  /// A hang-up reports for ever, unlike an error, which is over once it was read (a UDP peer that is not there). A plugin
  /// that neither removes the descriptor nor ends its ports would spin the thread.
  private func noteHangUp(
    _ slot: UnsafeMutablePointer<PolledDescriptor>, _ endpoint: UnsafeMutablePointer<EndpointContext>
  ) {
    unsafe slot.pointee.hangUps += 1
    if unsafe slot.pointee.hangUps > 64 {
      unsafe failPorts(of: endpoint, error: 0, "its descriptor has hung up and the plugin does nothing about it")
    }
  }

  // MARK: Time

  /// The time of this round in seconds, for the switch.
  var seconds: UInt32 { unsafe state.pointee.seconds }

  private func runTicks() {
    let now = unsafe state.pointee.now
    var index = 0
    while unsafe index < state.pointee.endpoints.count {
      let endpoint = unsafe state.pointee.endpoints[index]
      if unsafe endpoint.pointee.deadline <= now {
        unsafe endpoint.pointee.transport.pointee.tick?(endpoint.pointee.endpoint, now)
        let next = unsafe deadline(of: endpoint)
        // A deadline that stays in the past must not keep the thread from polling others.
        unsafe endpoint.pointee.deadline = next <= now ? now + 1_000_000 : next
      }
      index += 1
    }
    if unsafe state.pointee.nextHousekeeping <= now { keepHouse(now) }
  }

  func deadline(of endpoint: UnsafeMutablePointer<EndpointContext>) -> UInt64 {
    unsafe endpoint.pointee.transport.pointee.deadline?(endpoint.pointee.endpoint) ?? .max
  }

  /// Once a second: a part of each FDB is looked through for what is too old, empty queues give their memory back, and
  /// storms are reported.
  private func keepHouse(_ now: UInt64) {
    unsafe state.pointee.nextHousekeeping = now + 1_000_000_000
    for index in unsafe 0..<state.pointee.lans.count {
      let lan = unsafe state.pointee.lans[index]
      unsafe lan.pointee.core.sweep(now: seconds, budget: lan.pointee.core.sweepBudgetPerSecond)
      while let flap = unsafe lan.pointee.core.takeFlapEvent() { unsafe report(flap, in: lan) }
    }
    for index in unsafe 0..<state.pointee.portList.count {
      let port = unsafe state.pointee.portList[index]
      unsafe port.pointee.queue.releaseIdleMemory()
      if let slot = unsafe port.pointee.slot, let storm = unsafe port.pointee.lan.pointee.core.takeStorm(slot) {
        unsafe report(storm, at: port)
      }
    }
  }
}
