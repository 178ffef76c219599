internal import CLinux
import Glibc

/// An eventfd by which one thread wakes another that polls.
package struct Wakeup: ~Copyable {
  package let descriptor: Descriptor

  package init() throws(Errno) {
    descriptor = Descriptor(owning: try retrying { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
  }

  /// Makes the descriptor readable. Never blocks: a counter that is full is readable already.
  package borrowing func signal() {
    _ = eventfd_write(descriptor.number, 1)
  }

  /// Waits until it is signalled, and clears it.
  package borrowing func wait() {
    var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    // Interrupted, it comes back early, which its callers bear.
    unsafe poll(&entry, 1, -1)
    clear()
  }

  /// Makes the descriptor unreadable until the next signal.
  package borrowing func clear() {
    var value: eventfd_t = 0
    _ = unsafe eventfd_read(descriptor.number, &value)
  }
}

/// Time that only goes forward, in nanoseconds: `CLOCK_MONOTONIC`.
package func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
