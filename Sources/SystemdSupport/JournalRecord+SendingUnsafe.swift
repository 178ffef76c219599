import CSystemd
import Glibc
import LinuxIO

extension JournalRecord {
  /// Hands the record to journald.
  /// - Returns: false when it did not take it. Without any journald libsystemd says that it did.
  func send(file: String, line: Int, function: String) -> Bool {
    // One buffer behind all pieces, so that one pointer has to stay valid for the call.
    var buffer = [UInt8]()
    var lengths = [Int]()
    for assignment in assignments {
      buffer += assignment.utf8
      lengths.append(assignment.utf8.count)
    }
    return unsafe buffer.withUnsafeMutableBytes { bytes in
      var next = bytes.baseAddress
      var pieces = unsafe [iovec]()
      for length in lengths {
        unsafe pieces.append(iovec(iov_base: next, iov_len: length))
        unsafe next = next?.advanced(by: length)
      }
      let count = unsafe Int32(pieces.count)
      return unsafe sd_journal_sendv_with_location(
        "CODE_FILE=\(file)", "CODE_LINE=\(line)", function, &pieces, count) == 0
    }
  }

  /// Writes the record as a line. A descriptor that takes nothing loses it: there is nobody left to tell.
  func write(to descriptor: Int32, isPlain: Bool) {
    var rest = Array(line(isPlain: isPlain).utf8)[...]
    while !rest.isEmpty {
      let count = try? retrying {
        unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      }
      guard let count, count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
