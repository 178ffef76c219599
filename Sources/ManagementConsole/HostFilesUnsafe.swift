import Glibc
import LinuxIO

/// Small files of the host.
enum HostFiles {
  /// The names in a directory, but those that begin with a dot.
  static func names(in path: String) throws(Errno) -> [String] {
    guard let directory = unsafe opendir(path) else { throw Errno.current }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  /// The first `limit` bytes of a file; nil when it cannot be read. Directories belong to other users, too: a
  /// symbolic link is not followed, a FIFO not waited for.
  static func bytes(_ path: String, limit: Int) -> [UInt8]? {
    let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard number >= 0 else { return nil }
    let file = Descriptor(owning: number)
    var bytes = [UInt8](repeating: 0, count: limit)
    var filled = 0
    while filled < limit {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        try? retrying { unsafe read(file.number, buffer.baseAddress?.advanced(by: filled), limit - filled) }
      }
      guard let count else { return nil }
      if count == 0 { break }
      filled += count
    }
    return Array(bytes[..<filled])
  }

  static func text(_ path: String, limit: Int) -> String? {
    bytes(path, limit: limit).map { String(decoding: $0, as: UTF8.self) }
  }

  static func isSocket(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }

  /// Device and inode of what `path` leads to.
  static func identity(_ path: String) -> [UInt64]? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
  }

  /// Who owns what is at `path`, symbolic links not followed.
  static func owner(_ path: String) -> UInt32? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status.st_uid : nil
  }

  /// Where a symbolic link leads.
  static func target(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &buffer, buffer.count)
    guard count > 0, count < buffer.count else { return nil }
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Puts a file of mode 0644 in the place of another, whole or not at all; what fails leaves the old one.
  static func replace(_ path: String, with text: String) {
    let draft = path + ".new"
    unsafe unlink(draft)
    let number = unsafe Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard number >= 0 else { return }
    let file = Descriptor(owning: number)
    let bytes = Array(text.utf8)
    guard unsafe Glibc.write(file.number, bytes, bytes.count) == bytes.count, unsafe rename(draft, path) == 0 else {
      unsafe unlink(draft)
      return
    }
  }
}
