import Glibc

/// Small files of /proc, /proc/sys and /etc, which answer at once.
package enum TextFile {
  /// The whole text; nil when it cannot be read.
  package static func read(_ path: String) -> String? {
    guard let file = try? open(path, O_RDONLY) else { return nil }
    let number = file.number
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4_096)
    while true {
      guard let count = try? retrying({ unsafe Glibc.read(number, &part, part.count) }) else { return nil }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += part[..<count]
    }
  }

  /// Writes `text` into a file that exists, with one call.
  package static func write(_ text: String, to path: String) throws(Errno) {
    let file = try open(path, O_WRONLY)
    let number = file.number
    let bytes = Array(text.utf8)
    _ = try retrying { unsafe Glibc.write(number, bytes, bytes.count) }
  }

  /// The names in a directory, without "." and ".."; none when it cannot be read.
  package static func names(in directory: String) -> [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Where a symbolic link points; nil when there is none.
  package static func link(_ path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 4_096)
    let count = unsafe readlink(path, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func open(_ path: String, _ flags: Int32) throws(Errno) -> Descriptor {
    Descriptor(owning: try retrying { unsafe Glibc.open(path, flags | O_CLOEXEC) })
  }
}
