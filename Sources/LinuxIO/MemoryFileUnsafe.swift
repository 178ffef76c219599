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

  /// Makes one of so many zero bytes, which can be sealed; close-on-exec.
  package static func make(_ name: String, byteCount: Int) throws(Errno) -> Descriptor {
    let file = Descriptor(owning: try retrying { unsafe clinux_sealable_file(name) })
    let number = file.number
    _ = try retrying { ftruncate(number, off_t(byteCount)) }
    return file
  }

  /// From now on the file keeps its size, and only those write it that have mapped it by now.
  package static func seal(_ number: Int32) throws(Errno) { _ = try retrying { clinux_seal_file(number) } }

  /// How long it is, in bytes.
  package static func size(of number: Int32) throws(Errno) -> Int {
    var status = stat()
    _ = try retrying { unsafe fstat(number, &status) }
    return Int(status.st_size)
  }

  /// Its first `count` bytes, or fewer if it is shorter.
  package static func contents(of number: Int32, prefix count: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try retrying { unsafe bytes.withUnsafeMutableBytes { unsafe pread(number, $0.baseAddress!, count, 0) } }
    return Array(bytes.prefix(read))
  }

  /// All that the file holds.
  /// - Throws: `EFBIG` for more than `limit` bytes.
  package static func contents(of number: Int32, limit: Int = 256 << 20) throws(Errno) -> [UInt8] {
    let size = try size(of: number)
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
