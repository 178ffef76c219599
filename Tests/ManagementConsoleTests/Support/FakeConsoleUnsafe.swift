import CLinux
import Dispatch
import Glibc
import LinuxIO
import Synchronization

/// A guest's directory with a console that answers as a script says, on a thread of its own.
final class FakeConsole: Sendable {
  /// What is sent back for a request, a datagram each.
  typealias Script = @Sendable (_ request: [UInt8]) -> [[UInt8]]

  /// `<uml_dir>/<umid>`.
  let directory: String
  let umlDirectory: String
  var path: String { directory + "/mconsole" }

  private let socket: Descriptor
  private let finished = DispatchSemaphore(value: 0)

  init(umid: String = "g1", processId: Int32 = getpid(), _ script: @escaping Script) throws {
    var template = Array("/tmp/umbel-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw Errno.current }
    umlDirectory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    directory = "\(umlDirectory)/\(umid)"
    unsafe mkdir(directory, 0o755)
    let pid = directory + "/pid"
    let file = Descriptor(owning: try retrying { unsafe open(pid, O_WRONLY | O_CREAT, 0o644) })
    let text = Array("\(processId)\n".utf8)
    unsafe _ = write(file.number, text, text.count)
    socket = try UnixSocket.listen(at: directory + "/mconsole", kind: .datagram, mode: 0o700)
    let number = socket.number
    _ = fcntl(number, F_SETFL, 0)
    DispatchQueue(label: "console").async { [finished] in
      Self.serve(number, script)
      finished.signal()
    }
  }

  /// Ends it as SIGKILL does: what lies in the directory stays. Called once.
  func kill() {
    _ = shutdown(socket.number, Int32(SHUT_RDWR))
    finished.wait()
  }

  deinit {
    for name in ["mconsole", "pid", "umbel-devices"] { unsafe unlink("\(directory)/\(name)") }
    unsafe rmdir(directory)
    unsafe rmdir(umlDirectory)
  }

  private static func serve(_ socket: Int32, _ script: Script) {
    var buffer = [UInt8](repeating: 0, count: 2_000)
    while true {
      var name = sockaddr_un()
      var length = socklen_t(MemoryLayout<sockaddr_un>.size)
      let count = unsafe withUnsafeMutablePointer(to: &name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe recvfrom(socket, &buffer, 2_000, 0, $0, &length)
        }
      }
      // A request is never empty: that is what a socket says that was shut down.
      guard count > 0 else { return }
      for reply in script(Array(buffer[..<count])) {
        _ = unsafe withUnsafePointer(to: &name) {
          unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe sendto(socket, reply, reply.count, Int32(MSG_NOSIGNAL), $0, length)
          }
        }
      }
    }
  }
}

/// A reply as guests send it.
func reply(_ text: String, error: UInt32 = 0, more: UInt32 = 0, length: UInt32? = nil) -> [UInt8] {
  let data = Array(text.utf8) + [0]
  return bytes(error) + bytes(more) + bytes(length ?? UInt32(data.count)) + data
}

/// A word as it lies in memory.
func bytes(_ word: UInt32) -> [UInt8] { unsafe withUnsafeBytes(of: word) { unsafe Array($0) } }
