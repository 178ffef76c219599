import CLinux
import Glibc

/// Whether the kernel counts the host's clock as synchronised, as NTP and the like tell it; nil: it does not say.
package func hostClockIsSynchronised() -> Bool? {
  switch clinux_clock_is_synchronised() {
  case 0: false
  case 1: true
  default: nil
  }
}

/// Nanoseconds since 1970, by the host's clock: `CLOCK_REALTIME`.
package func realtimeNanoseconds() -> UInt64 {
  var time = timespec()
  _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// What the host's clock showed at some time, in microseconds since 1970.
/// - Parameter time: of ``monotonicNanoseconds()``, not long past.
package func realtimeMicroseconds(at time: UInt64) -> Int64 {
  var (before, clock): (UInt64, UInt64) = (0, 0)
  // Who is held up in between, as a virtual machine that is paused, reads two clocks that do not belong together.
  for _ in 0..<3 {
    before = monotonicNanoseconds()
    clock = realtimeNanoseconds()
    if monotonicNanoseconds() &- before < 20_000 { break }
  }
  return Int64((clock &- (before &- time)) / 1_000)
}
