import Glibc
package import LinuxIO

/// The words of a command that `umbel` becomes.
package enum CommandWords {
  private static let placeholder = "{fd}"

  /// Whether a word names the descriptor.
  package static func hasPlaceholder(_ words: [String]) -> Bool { words.contains { $0.contains(placeholder) } }

  /// The words with the number in place of `{fd}`.
  package static func filled(_ words: [String], descriptor: Int32) -> [String] {
    words.map { $0.replacing(placeholder, with: "\(descriptor)") }
  }

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
