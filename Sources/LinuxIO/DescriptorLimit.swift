import Glibc

/// How many descriptors this process may have.
package enum DescriptorLimit {
  /// Raises the soft limit to the hard one: that of 1,024 is for programs that use select(2).
  package static func raise() {
    guard var limit = current else { return }
    limit.rlim_cur = limit.rlim_max
    unsafe _ = setrlimit(resource, &limit)
  }

  /// How many there may be; nil: the kernel does not say.
  package static var most: Int? { current.map { Int(clamping: $0.rlim_cur) } }

  /// Whether `count` descriptors, or a quarter of the limit when that is less, are left.
  package static func hasSpare(_ count: Int) -> Bool {
    guard let most else { return true }
    // The kernel gives the lowest number that is free. open(2)
    let lowest = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
    guard lowest >= 0 else { return errno != EMFILE }
    _ = close(lowest)
    return Int(lowest) + min(count, most / 4) < most
  }

  private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }

  private static var current: rlimit? {
    var limit = rlimit()
    return unsafe getrlimit(resource, &limit) == 0 ? limit : nil
  }
}
