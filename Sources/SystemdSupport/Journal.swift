import CSystemd
import Glibc
import LinuxIO

/// Where umbeld says what happens. Used by the control thread alone: a call may wait for journald.
package struct Journal: Sendable {
  /// Where records go.
  package enum Destination: Hashable, Sendable {
    /// To journald, with all fields.
    case journald
    /// To standard error, a line each with `<N>` before it: a supervisor reads it (sd-daemon(3)).
    case prefixedLines
    /// To standard error, a line each with the priority as a word: a person reads it.
    case plainLines
  }

  package let destination: Destination

  /// Finds the destination. It is journald when standard error is its stream, which `$JOURNAL_STREAM` tells
  /// (systemd.exec(5)): whoever redirected standard error wants to have the lines there.
  package init() {
    var status = stat()
    let isOpen = unsafe fstat(STDERR_FILENO, &status) == 0
    if isOpen, let stream = unsafe getenv("JOURNAL_STREAM"),
      unsafe String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
    {
      destination = .journald
    } else {
      destination = isatty(STDERR_FILENO) == 1 ? .plainLines : .prefixedLines
    }
  }

  /// Writes one record.
  /// - Parameters:
  ///   - text: one sentence that can be understood alone.
  ///   - id: the condition, where it is one that an administrator acts on: every warning and every error is.
  ///   - fields: what it is about; at least those that the condition has.
  package func log(
    _ priority: JournalPriority, _ text: String, id: MessageID? = nil, fields: [JournalField: String] = [:],
    file: String = #fileID, line: Int = #line, function: String = #function
  ) {
    assert(id != nil || priority.rawValue > JournalPriority.warning.rawValue, "no MESSAGE_ID: \(text)")
    assert(id?.fields.isSubset(of: fields.keys) ?? true, "a field is missing: \(text) \(fields)")
    let record = JournalRecord(priority: priority, text: text, id: id, fields: fields)
    if destination == .journald, record.send(file: file, line: line, function: function) { return }
    record.write(to: STDERR_FILENO, isPlain: destination == .plainLines)
  }
}
