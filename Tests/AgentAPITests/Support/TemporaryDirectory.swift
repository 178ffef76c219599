import Glibc
import LinuxIO

/// A directory of a test's own, removed with the files in it.
final class TemporaryDirectory: Sendable {
  let root: String

  init() throws {
    var template = Array("/tmp/umbel-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw Errno.current }
    root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func path(_ name: String) -> String { "\(root)/\(name)" }

  deinit {
    if let directory = unsafe opendir(root) {
      while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
          unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        unsafe unlink(path(name))
      }
      unsafe closedir(directory)
    }
    unsafe rmdir(root)
  }
}
