import Glibc
import LinuxIO
import Testing

/// The probe, run as a child process in a directory of its own.
final class Probe {
  /// Ends with the value, with all that is in it.
  let directory: String
  /// The probe's standard error; exists from the start, so that its inode is known.
  var errorPath: String { directory + "/stderr" }
  /// Where `receive` listens.
  var socketPath: String { directory + "/socket" }

  private let receiver: Descriptor

  init() throws {
    var template = Array("/tmp/umbel-systemd-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    directory = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    receiver = Descriptor(owning: try retrying { socket(AF_UNIX, type, 0) })
    try bindReceiver()
    let errors = directory + "/stderr"
    _ = Descriptor(owning: try retrying { unsafe open(errors, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600) })
  }

  deinit {
    for name in ["socket", "stderr", "stdout"] { _ = unsafe unlink("\(directory)/\(name)") }
    _ = unsafe rmdir(directory)
  }

  private func bindReceiver() throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(socketPath.utf8)) }
    let number = receiver.number
    _ = try unsafe withUnsafePointer(to: &address) { pointer in
      try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        try retrying { unsafe bind(number, address, socklen_t(MemoryLayout<sockaddr_un>.size)) }
      }
    }
  }

  /// The messages that came since the last call.
  func receive() -> [[UInt8]] {
    var messages = [[UInt8]]()
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe recv(receiver.number, &buffer, buffer.count, 0)
      guard count >= 0 else { return messages }
      messages.append(Array(buffer[..<count]))
    }
  }

  /// `$JOURNAL_STREAM` for `errorPath`.
  func journalStream() throws -> String {
    var status = stat()
    try #require(unsafe stat(errorPath, &status) == 0)
    return "JOURNAL_STREAM=\(status.st_dev):\(status.st_ino)"
  }

  /// Runs the probe to its end.
  /// - Parameters:
  ///   - command: what it is to do.
  ///   - wrapper: a program with arguments that runs the probe; empty: none.
  ///   - errors: the file that becomes standard error.
  /// - Returns: what it wrote to standard output.
  @discardableResult
  func run(_ command: String, environment: [String], wrapper: [String] = [], errors: String? = nil) throws -> String {
    try run(wrapper + [try Self.path(), command], environment: environment, errors: errors)
  }

  /// Runs any program to its end.
  @discardableResult
  func run(_ arguments: [String], environment: [String], errors: String? = nil) throws -> String {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let output = directory + "/stdout"
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors ?? errorPath, O_WRONLY | O_NOCTTY, 0)
    let path = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
    var argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var environmentPointers = unsafe (environment + path).map { unsafe strdup($0) } + [nil]
    defer {
      for index in unsafe argumentPointers.indices { unsafe free(argumentPointers[index]) }
      for index in unsafe environmentPointers.indices { unsafe free(environmentPointers[index]) }
    }
    var child: pid_t = 0
    let result = unsafe posix_spawnp(&child, arguments[0], &actions, nil, &argumentPointers, &environmentPointers)
    try #require(result == 0, "\(Errno(result))")
    var status: Int32 = 0
    _ = try retrying { unsafe waitpid(child, &status, 0) }
    try #require(status == 0, "\(arguments) ended with \(status)")
    return try Self.text(of: output)
  }

  static func text(of path: String) throws -> String {
    let file = Descriptor(owning: try retrying { unsafe open(path, O_RDONLY | O_CLOEXEC) })
    return text(from: file.number)
  }

  /// What can be read until the end, or an error.
  static func text(from descriptor: Int32) -> String {
    var text = [UInt8]()
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += buffer[..<count]
    }
  }

  /// The program, which the build puts beside the tests.
  private static func path() throws -> String {
    guard let link = unsafe realpath("/proc/self/exe", nil) else { throw Errno.current }
    defer { unsafe free(link) }
    let tests = unsafe String(cString: link)
    let end = try #require(tests.lastIndex(of: "/"))
    let path = tests[...end] + "SystemdProbe"
    try #require(unsafe access(String(path), X_OK) == 0, "no \(path)")
    return String(path)
  }
}
