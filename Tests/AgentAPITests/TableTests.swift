import Testing
import umbel

@Suite("Tables")
struct TableTests {
  @Test("Columns are as wide as their widest text, numbers stand right, no line ends with a space")
  func alignment() {
    var table = Table([("NAME", .left), ("FRAMES", .right), ("STATE", .left)])
    table.add(["a", Cell(1_234_567), "up"])
    table.add(["longer", Cell(5), ""])
    #expect(
      table.rendered() == """
        NAME       FRAMES  STATE
        a       1,234,567  up
        longer          5

        """)
  }

  @Test("A text behind an empty cell stands in its own column")
  func emptyCell() {
    var table = Table([("A", .left), ("B", .right), ("C", .left)])
    table.add(["", "", "door"])
    table.add(["lan", "12", ""])
    #expect(
      table.rendered(indent: 2) == """
          A     B  C
                   door
          lan  12

        """)
  }

  @Test("Colours do not move columns, and are left out unless asked for")
  func colours() {
    var table = Table([("A", .left), ("B", .left)])
    table.add([Cell("up", .good), "x"])
    table.add(["failed", "y"])
    #expect(table.rendered(coloured: true).contains("\u{1b}[32mup\u{1b}[0m      x\n"))
    #expect(!table.rendered().contains("\u{1b}"))
  }

  @Test("What others say cannot steer the terminal")
  func controls() {
    #expect(Cell("a\u{1b}[2Jb\n\u{9b}c").text == "a?[2Jb??c")
    #expect(Cell("a\u{202e}b\u{2066}c\u{200b}é").text == "a?b?c?é")
  }
}
