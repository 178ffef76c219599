/// A line of a screen: texts one behind the other, each with its look.
package struct ScreenLine: Equatable {
  /// How a text looks: as in tables, or a bar.
  package enum Look: Equatable {
    case cell(Cell.Look)
    case bar, heading, mark
  }

  private var parts: [(text: String, look: Look)] = []

  package init() {}

  init(_ text: String, _ look: Look = .cell(.plain)) { add(text, look) }

  mutating func add(_ text: String, _ look: Look = .cell(.plain)) { parts.append((text, look)) }

  package var text: String { parts.map(\.text).joined() }

  /// The text without spaces at its end.
  package var trimmed: String { String(text.reversed().drop { $0 == " " }.reversed()) }

  package static func == (one: ScreenLine, other: ScreenLine) -> Bool {
    one.parts.count == other.parts.count
      && zip(one.parts, other.parts).allSatisfy { $0.text == $1.text && $0.look == $1.look }
  }

  /// Cut to so many columns, with what a terminal can show: outside of ASCII a character may be of any width.
  /// - Parameter glyphs: those that it can show beside ASCII.
  func fitted(to columns: Int, glyphs: Set<Character>) -> ScreenLine {
    var line = ScreenLine()
    var room = columns
    for (text, look) in parts where room > 0 {
      let part = text.prefix(room).map { $0.isASCII || glyphs.contains($0) ? $0 : "?" }
      line.add(String(part), look)
      room -= part.count
    }
    return line
  }

  /// The line with the sequences of ECMA-48 for its looks.
  /// - Parameter coloured: false: those for bars and the mark alone.
  package func drawn(coloured: Bool) -> String {
    parts.map { text, look in
      switch look {
      case .bar, .mark: "\u{1b}[7m\(text)\u{1b}[0m"
      case .heading: "\u{1b}[1m\(text)\u{1b}[0m"
      case .cell(let look): coloured ? Cell(text, look).coloured : text
      }
    }.joined()
  }
}
