import Agent
import Testing
import TransportHost

/// Text of plugins on its way to people.
struct ReportTextTests {
  @Test func `a text is kept as it is`() {
    let text = "no interface eth1: plug it in — später"
    #expect(unsafe ReportText(cString: text).string == text)
    #expect(ReportText("receiving failed").string == "receiving failed")
    #expect(unsafe ReportText(cString: nil).string == "")
    #expect(ReportText().string == "")
  }

  @Test func `a long text is cut`() {
    let long = String(repeating: "x", count: 1_000)
    #expect(unsafe ReportText(cString: long).string == String(repeating: "x", count: 239))
    #expect(PluginText.printable(long.utf8) == String(repeating: "x", count: 239))
  }

  @Test func `a character that is cut in the middle does not spoil the rest`() {
    let text = unsafe ReportText(cString: String(repeating: "x", count: 238) + "ä").string
    #expect(text == String(repeating: "x", count: 238) + "\u{fffd}")
  }

  @Test func `what a terminal would obey becomes a space`() {
    let text = unsafe ReportText(cString: "a\nb\r\tc\u{1b}[31md\u{7f}e").string
    #expect(text == "a b  c [31md e")
  }

  @Test func `what is no UTF-8 is replaced`() {
    #expect(PluginText.printable([0x61, 0xff, 0xfe, 0x62, 0, 0x63]) == "a\u{fffd}\u{fffd}b")
  }
}
