import Glibc

/// Where the program says where it listens, and why it does not.
enum StandardError {
  /// Writes a line.
  static func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
