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
  let passed = monotonicNanoseconds() &- time
  return Int64((realtimeNanoseconds() &- passed) / 1_000)
}
