import CLinux
import Glibc

/// A file descriptor that is owned: closed when the value ends.
package struct Descriptor: ~Copyable {
  /// The number; valid while this value lives.
  package let number: Int32

  /// Takes ownership of `number`.
  package init(owning number: Int32) {
    precondition(number >= 0, "a descriptor is not negative")
    self.number = number
  }

  deinit { _ = close(number) }

  /// Gives up ownership without closing.
  package consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }

  /// Makes reads and writes return `EAGAIN` instead of waiting; holds for every copy of the descriptor.
  package borrowing func setNonBlocking() throws(Errno) {
    let number = self.number
    let flags = try retrying { fcntl(number, F_GETFL) }
    _ = try retrying { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
  }

  /// A second descriptor of the same file, close-on-exec.
  package borrowing func duplicate() throws(Errno) -> Descriptor {
    let number = self.number
    return Descriptor(owning: try retrying { fcntl(number, F_DUPFD_CLOEXEC, 3) })
  }
}
