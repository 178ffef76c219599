import CLinux
import Glibc
import LinuxIO

/// The file system as configurations need it.
enum ConfigurationFiles {
  /// A configuration file is refused beyond this many bytes.
  private static let mostBytes = 4 << 20

  /// Whether the path leads to what can be read as often as one likes, and never blocks; true for what cannot be seen.
  static func canBeReadAgain(_ path: String) -> Bool {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return true }
    return status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFDIR
  }

  /// The content of a file.
  /// - Throws: what the kernel said; EFBIG for a file over 4 MiB.
  static func contents(of path: String) throws(Errno) -> [UInt8] {
    let file = Descriptor(owning: try retrying { unsafe open(path, O_RDONLY | O_CLOEXEC) })
    let number = file.number
    var contents = [UInt8]()
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = try retrying { unsafe read(number, &chunk, chunk.count) }
      if count == 0 { return contents }
      contents += chunk[..<count]
      if contents.count > mostBytes { throw Errno(EFBIG) }
    }
  }

  /// The names in a directory, sorted by bytes.
  static func names(in directory: String) throws(Errno) -> [String] {
    guard let stream = unsafe opendir(directory) else { throw Errno.current }
    defer { unsafe closedir(stream) }
    var names = [String]()
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      names.append(name)
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// Processors that this process may run on, 1 to 64.
func processorCount() -> Int {
  min(64, max(1, Int(clinux_processor_count())))
}
