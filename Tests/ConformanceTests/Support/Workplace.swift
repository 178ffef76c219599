import Glibc
import LinuxIO

/// A directory of a test's own, removed with what is in it.
final class Workplace: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/umbel-conformance-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw Errno.current }
    path = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
  }

  deinit { FileSystem.removeTree(path) }
}
