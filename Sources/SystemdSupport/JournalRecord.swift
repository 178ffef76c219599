/// One record, and the forms it takes.
struct JournalRecord {
  let priority: JournalPriority
  let text: String
  let id: MessageID?
  let fields: [JournalField: String]

  /// The fields as `NAME=value`, for journald. Values may hold any byte.
  var assignments: [String] {
    var assignments = ["MESSAGE=\(text)", "PRIORITY=\(priority.rawValue)"]
    if let id { assignments.append("MESSAGE_ID=\(id.rawValue)") }
    return assignments + sorted.map { "\($0.key.name)=\($0.value)" }
  }

  /// One line with its end.
  func line(isPlain: Bool) -> String {
    var line = isPlain ? "\(priority.word): \(text)" : "<\(priority.rawValue)>\(text)"
    if !fields.isEmpty { line += " (\(sorted.map { "\($0.key.word)=\($0.value)" }.joined(separator: " ")))" }
    return line.onOneLine + "\n"
  }

  private var sorted: [(key: JournalField, value: String)] { fields.sorted { $0.key.name < $1.key.name } }
}

extension String {
  /// The text with blanks for control characters: what a peer put into it cannot break a line or drive a terminal.
  var onOneLine: String {
    let scalars = unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
    return String(String.UnicodeScalarView(scalars))
  }
}
