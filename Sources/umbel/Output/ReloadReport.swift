package import AgentAPI

/// What a reload did, a line for each change and each note.
package struct ReloadReport {
  private let reply: Reload.Reply

  package init(_ reply: Reload.Reply) { self.reply = reply }

  /// The lines, each ended by a newline.
  package var text: String {
    let changes = reply.changes.map { "\($0.subject): \($0.kind.rawValue)" }
    let lines = (changes.isEmpty ? ["nothing changed"] : changes) + reply.notes
    return lines.map { Cell($0).text + "\n" }.joined()
  }
}
