import Glibc

/// What `umbel` writes.
enum Output {
  /// Whether standard output is a terminal that shows colours; https://no-color.org.
  static var hasColours: Bool {
    isatty(STDOUT_FILENO) == 1 && variable("NO_COLOR") == nil && variable("TERM") != "dumb"
  }

  /// Writes to standard output.
  /// - Throws: a `Failure` when it does not take everything, as on a full disk.
  static func write(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        let reason = unsafe String(cString: strerror(errno))
        throw Failure(.ioError, "The output could not be written: \(reason).")
      }
    }
  }

  /// Writes a sentence about what went wrong to standard error.
  static func complain(_ text: String) {
    let line = Array("umbel: \(text)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
