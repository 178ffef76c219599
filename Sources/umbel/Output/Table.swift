/// Rows under headings, in columns that are as wide as their widest text, two spaces apart.
package struct Table {
  /// Where texts stand in their column.
  package enum Alignment { case left, right }

  private let headings: [(text: String, alignment: Alignment)]
  private var rows: [[Cell]] = []

  /// - Parameter headings: a column each, from the left; those of numbers are aligned right.
  package init(_ headings: [(String, Alignment)]) { self.headings = headings.map { (text: $0.0, alignment: $0.1) } }

  /// Adds a row: a cell for each heading.
  package mutating func add(_ cells: [Cell]) {
    precondition(cells.count == headings.count, "a row has a cell for each heading")
    rows.append(cells)
  }

  /// The lines, each ended by a newline and without spaces before that.
  /// - Parameters:
  ///   - indent: how many spaces stand before each line.
  ///   - coloured: whether cells show their look.
  package func rendered(indent: Int = 0, coloured: Bool = false) -> String {
    let lines = [headings.map { Cell($0.text) }] + rows
    let widths = headings.indices.map { column in lines.map { $0[column].text.count }.max() ?? 0 }
    return lines.map { line in
      var text = String(repeating: " ", count: indent)
      // Spaces are written before the next text, so that none end a line.
      var gap = 0
      for (column, cell) in line.enumerated() {
        let padding = widths[column] - cell.text.count
        let isRight = headings[column].alignment == .right
        if !cell.text.isEmpty {
          text += String(repeating: " ", count: gap + (isRight ? padding : 0)) + (coloured ? cell.coloured : cell.text)
          gap = 0
        }
        gap += (cell.text.isEmpty ? widths[column] : isRight ? 0 : padding) + 2
      }
      return text + "\n"
    }.joined()
  }
}
