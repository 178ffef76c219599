import Glibc
import LinuxIO

/// A program that a test has started. It is killed with the value, if it still runs.
final class ChildProcess {
  let id: pid_t
  private var isReaped = false

  /// - Parameters:
  ///   - arguments: the first is the program; without a slash it is looked for in `$PATH`.
  ///   - environment: `NAME=value`, besides what the tests have.
  ///   - output: the file that standard output and standard error are appended to.
  init(_ arguments: [String], environment: [String] = [], output: String) throws(Errno) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_CREAT | O_APPEND | O_WRONLY, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Neither the signals that the test runner ignores nor those that it blocks.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) }
    let ownCount = unsafe variables.count
    defer { for index in 0..<ownCount { unsafe free(variables[index]) } }
    var index = 0
    while let variable = unsafe environ[index] {
      unsafe variables.append(variable)
      index += 1
    }
    unsafe variables.append(nil)
    var child: pid_t = 0
    let result = unsafe posix_spawnp(&child, arguments[0], &actions, &attributes, &pointers, &variables)
    guard result == 0 else { throw Errno(result) }
    id = child
  }

  deinit {
    guard !isReaped else { return }
    kill(id, SIGKILL)
    _ = waitpid(id, nil, 0)
  }

  func signal(_ number: Int32) { kill(id, number) }

  /// Waits until the program has ended.
  /// - Returns: its exit status, 128 and the number of the signal that ended it, or nil when it still runs.
  func wait(milliseconds: Int) -> Int32? {
    let deadline = monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
    while true {
      var status: Int32 = 0
      if unsafe waitpid(id, &status, WNOHANG) == id {
        isReaped = true
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
      }
      if monotonicNanoseconds() >= deadline { return nil }
      usleep(2_000)
    }
  }

  /// Seconds of CPU time that it has used so far, all threads.
  var cpuSeconds: Double {
    var clock: clockid_t = 0
    var time = timespec()
    guard unsafe clock_getcpuclockid(id, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else { return .nan }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// KiB of memory that belongs to it alone and holds no file: `RssAnon` of proc(5).
  var anonymousKiB: Int? {
    guard let bytes = try? FileSystem.read("/proc/\(id)/status") else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line?.split { !$0.isNumber }.first.flatMap { Int($0) }
  }
}

/// Waits.
func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1_000) }
