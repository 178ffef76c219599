// The control thread: one epoll loop with descriptors and timers.
//
// Everything that is not a frame happens here: doors, the control socket, interface events, signals, the service
// manager. Handlers run to completion, one at a time, and never block; what would block is non-blocking or done by a
// forwarding thread that answers through a descriptor. The loop is used by one thread only.

import CLinux
import Glibc
package import LinuxIO

/// An epoll loop with timers, run by one thread.
package final class ControlLoop {
  /// Called with what its descriptor is ready for.
  package typealias Handler = (Readiness) -> Void

  /// Names a timer until it has fired or was cancelled.
  package struct Timer: Hashable { fileprivate let number: UInt64 }

  private struct Pending {
    let timer: Timer
    let deadline: UInt64
    let action: () -> Void
  }

  private let epoll: Epoll
  private var handlers: [Int32: (generation: UInt64, handler: Handler)] = [:]
  private var timers: [Pending] = []
  private var nextNumber: UInt64 = 0
  private var isStopping = false

  package init() throws(Errno) { epoll = try Epoll() }

  /// Calls `handler` whenever `descriptor` is ready. The descriptor stays the caller's, who ends the watch before closing.
  package func watch(_ descriptor: Int32, for readiness: Readiness = .readable, _ handler: @escaping Handler)
    throws(Errno)
  {
    nextNumber += 1
    let generation = nextNumber
    try epoll.add(descriptor, for: readiness, token: generation << 32 | UInt64(UInt32(bitPattern: descriptor)))
    handlers[descriptor] = (generation, handler)
  }

  /// Changes what a watched descriptor is watched for.
  package func modify(_ descriptor: Int32, for readiness: Readiness) throws(Errno) {
    guard let generation = handlers[descriptor]?.generation else { return }
    try epoll.modify(descriptor, for: readiness, token: generation << 32 | UInt64(UInt32(bitPattern: descriptor)))
  }

  /// Ends the watch. Events of it that are already at hand are dropped.
  package func unwatch(_ descriptor: Int32) {
    guard handlers.removeValue(forKey: descriptor) != nil else { return }
    try? epoll.remove(descriptor)
  }

  /// Calls `action` once, after `milliseconds` at the earliest.
  @discardableResult
  package func after(milliseconds: UInt64, _ action: @escaping () -> Void) -> Timer {
    nextNumber += 1
    let timer = Timer(number: nextNumber)
    let deadline = monotonicNanoseconds() + milliseconds * 1_000_000
    let index = timers.firstIndex { $0.deadline > deadline } ?? timers.count
    timers.insert(Pending(timer: timer, deadline: deadline, action: action), at: index)
    return timer
  }

  /// Forgets a timer; one that has fired is no error.
  package func cancel(_ timer: Timer) { timers.removeAll { $0.timer == timer } }

  /// Runs until `stop` is called.
  package func run() throws(Errno) {
    let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 64)
    defer {
      unsafe events.deallocate()
      isStopping = false
    }
    while !isStopping {
      let count = try unsafe epoll.wait(into: events, milliseconds: timeout())
      for index in 0..<count {
        let event = unsafe events[index]
        let token = unsafe event.data.u64
        let descriptor = Int32(truncatingIfNeeded: token)
        guard let entry = handlers[descriptor], entry.generation & 0xffff_ffff == token >> 32 else { continue }
        entry.handler(Readiness(rawValue: unsafe event.events))
      }
      fireTimers()
    }
  }

  /// Makes `run` return after the present round; before it has begun, at once.
  package func stop() { isStopping = true }

  private func timeout() -> Int32 {
    guard let first = timers.first else { return -1 }
    let now = monotonicNanoseconds()
    if first.deadline <= now { return 0 }
    return Int32(clamping: (first.deadline - now + 999_999) / 1_000_000)
  }

  private func fireTimers() {
    let now = monotonicNanoseconds()
    while let first = timers.first, first.deadline <= now {
      timers.removeFirst()
      first.action()
    }
  }
}
