/// A place in a configuration file.
package struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  /// As the user named it.
  package let file: String
  /// From 1; 0: the file as a whole.
  package let line: Int
  /// From 1, in Unicode scalars.
  package let column: Int

  package init(file: String, line: Int = 0, column: Int = 0) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// A place on the same line.
  package func moved(columns: Int) -> SourceLocation {
    SourceLocation(file: file, line: line, column: column + columns)
  }

  /// `file:line:column`, the form that editors jump to.
  package var description: String { line == 0 ? file : "\(file):\(line):\(column)" }
}
