internal import CLinux
import Glibc

/// A file that is nowhere but in memory, for as long as a descriptor of it is open: memfd_create(2).
package enum MemoryFile {
  /// Makes one that holds `bytes`; close-on-exec.
  /// - Parameter name: what /proc shows; it need not be unique.
  package static func make(_ name: String, _ bytes: [UInt8]) throws(Errno) -> Descriptor {
    let file = Descriptor(owning: try retrying { unsafe clinux_memory_file(name) })
    let number = file.number
    var offset = 0
    while offset < bytes.count {
      offset += try retrying {
        unsafe bytes.withUnsafeBytes {
          unsafe pwrite(number, $0.baseAddress! + offset, $0.count - offset, off_t(offset))
        }
      }
    }
    return file
  }

  /// All that the file holds.
  /// - Throws: `EFBIG` for more than `limit` bytes.
  package static func contents(of number: Int32, limit: Int = 256 << 20) throws(Errno) -> [UInt8] {
    var status = stat()
    _ = try retrying { unsafe fstat(number, &status) }
    let size = Int(status.st_size)
    guard size <= limit else { throw Errno(EFBIG) }
    var bytes = [UInt8](repeating: 0, count: size)
    var offset = 0
    while offset < size {
      let count = try retrying {
        unsafe bytes.withUnsafeMutableBytes {
          unsafe pread(number, $0.baseAddress! + offset, $0.count - offset, off_t(offset))
        }
      }
      if count == 0 { break }
      offset += count
    }
    return Array(bytes.prefix(offset))
  }

  /// Replaces the word at `offset` bytes, for all who have the file open.
  package static func write(_ word: UInt64, at offset: Int, to number: Int32) throws(Errno) {
    var word = word
    _ = try retrying { unsafe pwrite(number, &word, 8, off_t(offset)) }
  }
}
