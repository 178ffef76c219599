import CLinux
import Glibc

/// An error number of the kernel, thrown by every call of this module.
///
/// Calls retry `EINTR` by themselves. Where "would block" is an ordinary answer it is a value, not an error.
package struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
  /// The number, as in `<errno.h>`; always positive.
  package let code: Int32

  package init(_ code: Int32) { self.code = code }

  /// The calling thread's `errno`.
  package static var current: Errno { Errno(Glibc.errno) }

  /// The kernel's sentence, such as "No such file or directory".
  package var description: String {
    unsafe String(cString: strerror(code))
  }
}

/// Calls `body` until it does not fail with `EINTR`.
/// - Parameter body: a system call that returns -1 and sets `errno` when it fails.
/// - Returns: what `body` returned, 0 or more.
package func retrying<Result: SignedInteger>(_ body: () -> Result) throws(Errno) -> Result {
  while true {
    let result = body()
    if result >= 0 { return result }
    let error = Errno.current
    if error.code != EINTR { throw error }
  }
}
