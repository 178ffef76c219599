/// What `doctor` prints.
package struct DoctorReport: Encodable {
  package let findings: [Finding]
  package let faults: Int
  package let warnings: Int

  package init(_ findings: [Finding]) {
    self.findings = findings
    faults = findings.filter { $0.verdict == .fault }.count
    warnings = findings.filter { $0.verdict == .warning }.count
  }

  /// Lines of at most 80 characters, but for commands, which are to be copied.
  package func text(coloured: Bool) -> String {
    var text = ""
    var heading: String?
    for finding in findings {
      let next = Self.heading(of: finding)
      if next != heading { text += (heading == nil ? "" : "\n") + Cell(next).text + "\n" }
      heading = next
      let lines = Self.wrapped(Cell(finding.text).text, width: 80 - Self.indent)
      for (index, line) in lines.enumerated() {
        text += index == 0 ? Self.mark(finding.verdict, coloured: coloured) : String(repeating: " ", count: Self.indent)
        text += line + "\n"
      }
      for remedy in finding.remedies {
        text += String(repeating: " ", count: Self.indent + 2) + Cell(remedy).text + "\n"
      }
    }
    return text + "\n" + summary + "\n"
  }

  /// The last line.
  package var summary: String {
    if faults + warnings == 0 { return "No faults, no warnings." }
    return "\(Units.counted(faults, "fault")), \(Units.counted(warnings, "warning"))."
  }

  private static let indent = 9

  private static func heading(of finding: Finding) -> String {
    guard let lan = finding.lan else { return "Agent" }
    return "LAN \(lan)" + (finding.port.map { ", port \($0)" } ?? "")
  }

  private static func mark(_ verdict: Finding.Verdict, coloured: Bool) -> String {
    let cell: Cell =
      switch verdict {
      case .ok: Cell("ok", .good)
      case .warning: Cell("warn", .warning)
      case .fault: Cell("fault", .bad)
      case .skipped: Cell("skip")
      }
    let padding = String(repeating: " ", count: indent - 2 - cell.text.count)
    return "  " + (coloured ? cell.coloured : cell.text) + padding
  }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
