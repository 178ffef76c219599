import Glibc
package import LinuxIO

/// The words of a command that `umbel` becomes.
package enum CommandWords {
  /// Becomes the command, which is looked for in PATH: execvp(3).
  /// - Returns: only when that failed: why.
  package static func execute(_ words: [String]) -> Errno {
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
    unsafe execvp(words[0], &arguments)
    let error = Errno.current
    for index in words.indices { unsafe free(arguments[index]) }
    return error
  }
}
