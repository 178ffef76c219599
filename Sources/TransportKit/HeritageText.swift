import Glibc

/// State that is text: a byte that tells the version, then lines. ``HeritageCoder`` is for bytes.
extension Heritage {
  /// What is wrong with a heritage that the transport cannot take over.
  public static let unreadable = TransportProblem(
    "what the agent before has left of this port cannot be taken over by this version", code: EBADMSG)

  /// - Parameters:
  ///   - version: the transport's own, of what the lines mean.
  ///   - lines: without line breaks in them.
  public init(kept: [Kept], version: UInt8, lines: [String]) {
    self.init(kept: kept, state: [version] + lines.joined(separator: "\n").utf8)
  }

  /// The lines that ``init(kept:version:lines:)`` was given.
  /// - Throws: ``unreadable``: another version, or no text.
  public func lines(version: UInt8) throws(TransportProblem) -> [String] {
    guard state.first == version, let text = String(validating: state.dropFirst(), as: UTF8.self) else {
      throw Heritage.unreadable
    }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }
}
