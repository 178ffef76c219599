/// One place of a table: a text, and how it looks on a terminal.
package struct Cell: Equatable, ExpressibleByStringInterpolation {
  /// How it looks.
  package enum Look: Equatable { case plain, good, warning, bad }

  package let text: String
  package let look: Look

  /// - Parameter text: control characters in it become `?`, so that what an agent says cannot steer a terminal, and so do
  ///   those that have no shape of their own, such as the ones that turn the direction of writing.
  package init(_ text: String, _ look: Look = .plain) {
    self.text = String(String.UnicodeScalarView(text.unicodeScalars.map { Self.isControl($0) ? "?" : $0 }))
    self.look = look
  }

  package init(stringLiteral text: String) { self.init(text) }

  /// A number with its thousands apart.
  package init(_ number: Int) { self.init(Units.grouped(number)) }

  /// The text with the sequences of ECMA-48 that colour it.
  package var coloured: String {
    switch look {
    case .plain: text
    case .good: "\u{1b}[32m\(text)\u{1b}[0m"
    case .warning: "\u{1b}[33m\(text)\u{1b}[0m"
    case .bad: "\u{1b}[31m\(text)\u{1b}[0m"
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    [.control, .format].contains(scalar.properties.generalCategory)
  }
}
