/// What a guest's console answers to "version": the fields of uname(2).
package struct GuestVersion: Hashable, Sendable {
  /// The guest's name for itself.
  package let host: String
  /// Of its kernel, such as "6.1.176".
  package let release: String

  /// - Parameter answer: "Linux HOST RELEASE VERSION MACHINE".
  package init?(_ answer: String) {
    let words = answer.split(separator: " ")
    guard words.count >= 3, words[0] == "Linux" else { return nil }
    host = String(words[1])
    release = String(words[2])
  }

  /// Whether the kernel has the `ethN=` transports: they were removed in Linux 6.16 (commit 65eaac591b75). A release that
  /// is not understood counts as new.
  package var hasNativeTransports: Bool {
    let numbers = release.split(whereSeparator: { $0 == "." || $0 == "-" }).prefix(2).compactMap { Int($0) }
    guard numbers.count == 2 else { return false }
    return (numbers[0], numbers[1]) < (6, 16)
  }
}
