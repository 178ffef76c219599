package import CLinux
import Glibc

/// What a descriptor is, or should be, ready for: the bits of `<sys/epoll.h>`.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let readable = Readiness(rawValue: 0x001)
  package static let writable = Readiness(rawValue: 0x004)
  package static let failed = Readiness(rawValue: 0x008)
  package static let hungUp = Readiness(rawValue: 0x010)
  package static let peerClosed = Readiness(rawValue: 0x2000)
}

/// An epoll instance; level-triggered.
package struct Epoll: ~Copyable {
  package let descriptor: Descriptor

  package init() throws(Errno) {
    descriptor = Descriptor(owning: try retrying { epoll_create1(Int32(EPOLL_CLOEXEC)) })
  }

  /// Begins to watch `number`; `token` comes back with its events.
  package borrowing func add(_ number: Int32, for readiness: Readiness, token: UInt64) throws(Errno) {
    try control(EPOLL_CTL_ADD, number, readiness, token)
  }

  /// Changes what `number` is watched for.
  package borrowing func modify(_ number: Int32, for readiness: Readiness, token: UInt64) throws(Errno) {
    try control(EPOLL_CTL_MOD, number, readiness, token)
  }

  /// Stops watching `number`.
  package borrowing func remove(_ number: Int32) throws(Errno) {
    try control(EPOLL_CTL_DEL, number, [], 0)
  }

  private borrowing func control(
    _ operation: Int32, _ number: Int32, _ readiness: Readiness, _ token: UInt64
  ) throws(Errno) {
    let epoll = descriptor.number
    var event = unsafe epoll_event(events: readiness.rawValue, data: epoll_data_t(u64: token))
    _ = try retrying { unsafe epoll_ctl(epoll, operation, number, &event) }
  }

  /// Waits for events.
  /// - Parameters:
  ///   - events: where they are written; its size is the most that one call reports.
  ///   - milliseconds: how long to wait; negative: for ever.
  /// - Returns: how many were written; 0 after the time, or when a signal came.
  package borrowing func wait(
    into events: UnsafeMutableBufferPointer<epoll_event>, milliseconds: Int32
  ) throws(Errno) -> Int {
    let count = unsafe epoll_wait(descriptor.number, events.baseAddress, Int32(events.count), milliseconds)
    if count >= 0 { return Int(count) }
    let error = Errno.current
    if error.code == EINTR { return 0 }
    throw error
  }
}
