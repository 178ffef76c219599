import Glibc
import LinuxIO

/// What the tests do with files.
enum FileSystem {
  /// The path without links.
  static func resolve(_ path: String) throws(Errno) -> String {
    guard let resolved = unsafe realpath(path, nil) else { throw Errno.current }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Names in a directory, sorted.
  static func names(in directory: String) throws(Errno) -> [String] {
    guard let stream = unsafe opendir(directory) else { throw Errno.current }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func makeDirectory(_ path: String) throws(Errno) {
    if unsafe mkdir(path, 0o755) != 0, errno != EEXIST { throw Errno.current }
  }

  static func read(_ path: String) throws(Errno) -> [UInt8] {
    let file = Descriptor(owning: try retrying { unsafe open(path, O_RDONLY | O_CLOEXEC) })
    let number = file.number
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try retrying { unsafe Glibc.read(number, &piece, piece.count) }
      if count == 0 { return bytes }
      bytes += piece[..<count]
    }
  }

  /// Makes or replaces a file, with the mode that plugins have.
  static func write(_ bytes: [UInt8], to path: String) throws(Errno) {
    let file = Descriptor(
      owning: try retrying { unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) })
    let number = file.number
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = try retrying { unsafe rest.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) } }
      rest = rest.dropFirst(count)
    }
  }

  static func copy(_ from: String, to path: String) throws(Errno) { try write(try read(from), to: path) }

  /// When it was written, in nanoseconds since 1970; nil: there is none.
  static func modified(_ path: String) -> Int? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }

  /// Removes a directory with all that is in it.
  static func removeTree(_ path: String) {
    for name in (try? names(in: path)) ?? [] {
      let entry = path + "/" + name
      if unsafe unlink(entry) != 0 { removeTree(entry) }
    }
    unsafe _ = rmdir(path)
  }
}
