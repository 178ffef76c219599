import Glibc
import LinuxIO

/// What another program of this host prints.
enum CommandOutput {
  struct Problem: Error {
    let text: String
    /// Nil: to be root.
    var remedy: String?
  }

  /// Where administrators' programs are, also for users whose PATH leaves them out.
  private static let places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
  /// Bytes that are read of it.
  private static let limit = 64 << 20

  /// Runs a program and waits for its end; what it says on standard error is not shown.
  /// - Parameter package: Debian's that has the program.
  static func of(_ program: String, _ arguments: [String], package: String) -> Result<String, Problem> {
    let candidates = places.map { "\($0)/\(program)" }
    guard let path = candidates.first(where: { path in unsafe access(path, X_OK) == 0 }) else {
      return .failure(Problem(text: "there is no \(program)", remedy: "sudo apt-get install \(package)"))
    }
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return .failure(Problem(text: "\(Errno.current)")) }
    let output = Descriptor(owning: ends[0])
    defer { if ends[1] >= 0 { close(ends[1]) } }

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addclose(&actions, ends[0])
    unsafe posix_spawn_file_actions_addclose(&actions, ends[1])
    // posix_spawn takes copies.
    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { word in unsafe strdup(word) } + [nil]
    defer { for index in unsafe words.indices { unsafe free(words[index]) } }
    var process: pid_t = 0
    let error = unsafe posix_spawn(&process, path, &actions, nil, &words, environ)
    guard error == 0 else { return .failure(Problem(text: "\(program): \(Errno(error))")) }
    close(ends[1])
    ends[1] = -1

    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while let count = try? retrying({ unsafe read(output.number, &part, part.count) }), count > 0 {
      if bytes.count < limit { bytes += part[..<count] }
    }
    var status: Int32 = 0
    _ = try? retrying { unsafe waitpid(process, &status, 0) }
    if status == 0 { return .success(String(decoding: bytes, as: UTF8.self)) }
    if geteuid() != 0 { return .failure(Problem(text: "\(program) needs root")) }
    // What it said there tells why.
    let command = ([program] + arguments).joined(separator: " ")
    return .failure(Problem(text: "\(program) fails", remedy: "sudo \(command) >/dev/null"))
  }
}
