/// Rows in columns of fixed width, one space apart; the first takes what the others leave. Texts that are too long are
/// cut, so that a table keeps its width whatever is in it.
struct ScreenTable {
  typealias Column = (heading: String, width: Int, alignment: Table.Alignment)

  private let columns: [Column]
  private let first: String
  private let width: Int
  private let cut: Character
  /// Of the column by which rows are sorted; nil: none.
  var sorted: String?

  /// - Parameters:
  ///   - first: the heading of the first column.
  ///   - width: of the whole table.
  ///   - cut: stands for what is cut off.
  init(_ first: String, _ columns: [Column], width: Int, cut: Character) {
    self.first = first
    self.columns = columns
    self.width = width
    self.cut = cut
  }

  private var firstWidth: Int { max(width - columns.reduce(0) { $0 + $1.width + 1 }, 8) }

  /// - Parameter note: stands behind the first heading.
  func heading(note: String = "") -> ScreenLine {
    var line = ScreenLine()
    let name = note.isEmpty ? first : "\(first) \(note)"
    line.add(padded(name, firstWidth, .left), first == sorted ? .mark : .heading)
    for column in columns {
      line.add(" ")
      line.add(padded(column.heading, column.width, column.alignment), column.heading == sorted ? .mark : .heading)
    }
    return line
  }

  /// - Parameter isMarked: it is drawn as a bar.
  func row(_ cells: [Cell], isMarked: Bool = false) -> ScreenLine {
    let texts = zip(cells, [("", firstWidth, .left)] + columns).map { cell, column in
      (padded(cell.text, column.1, column.2), cell.look)
    }
    if isMarked { return ScreenLine(texts.map(\.0).joined(separator: " "), .mark) }
    var line = ScreenLine()
    for (index, (text, look)) in texts.enumerated() {
      if index > 0 { line.add(" ") }
      line.add(text, .cell(look))
    }
    return line
  }

  private func padded(_ text: String, _ width: Int, _ alignment: Table.Alignment) -> String {
    if text.count > width { return text.prefix(width - 1) + String(cut) }
    let space = String(repeating: " ", count: width - text.count)
    return alignment == .left ? text + space : space + text
  }
}
