import Glibc
import LinuxIO

/// A run of a program, such as the `umbel` that was built with these tests.
struct Program {
  let status: Int32
  let output: String
  let complaint: String

  /// Runs `umbel` and waits for its end. Blocks.
  static func umbel(_ arguments: [String], environment: [String: String] = [:]) throws -> Program {
    try run([directory + "/umbel"] + arguments, environment)
  }

  /// Runs `umbeld` and waits for its end. Blocks.
  static func umbeld(_ arguments: [String]) throws -> Program { try run([directory + "/umbeld"] + arguments) }

  /// Runs `umbel-web` and waits for its end. Blocks.
  static func umbelWeb(_ arguments: [String]) throws -> Program { try run([directory + "/umbel-web"] + arguments) }

  /// Runs a program and waits for its end. Blocks.
  static func run(_ words: [String], _ environment: [String: String] = [:]) throws -> Program {
    let output = try pipe()
    let complaint = try pipe()
    let child = try spawn(words, environment, output.writer, complaint.writer)
    close(output.writer)
    close(complaint.writer)
    let texts = (readAll(output.reader), readAll(complaint.reader))
    var status: Int32 = 0
    _ = try retrying { unsafe waitpid(child, &status, 0) }
    // wait(2): the exit status is in the second byte, 0 in the first says that there is one.
    return Program(status: status & 0x7f == 0 ? status >> 8 : -(status & 0x7f), output: texts.0, complaint: texts.1)
  }

  /// Where the tests and the programs are.
  private static var directory: String {
    guard let path = unsafe realpath("/proc/self/exe", nil) else { return "." }
    defer { unsafe free(path) }
    return unsafe String(cString: path).split(separator: "/").dropLast().map { "/\($0)" }.joined()
  }

  private static func pipe() throws(Errno) -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    _ = try retrying { unsafe Glibc.pipe(&ends) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ words: [String], _ environment: [String: String], _ output: Int32, _ complaint: Int32
  ) throws(Errno) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, complaint, 2)
    let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
    var variables = environment
    variables["PATH"] = path
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    var settings = unsafe variables.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer {
      for index in words.indices { unsafe free(arguments[index]) }
      for index in 0..<variables.count { unsafe free(settings[index]) }
    }
    var child: pid_t = 0
    let error = unsafe posix_spawn(&child, words[0], &actions, nil, &arguments, &settings)
    if error != 0 { throw Errno(error) }
    return child
  }

  private static func readAll(_ descriptor: Int32) -> String {
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = unsafe read(descriptor, &piece, piece.count), count > 0 { bytes += piece[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
