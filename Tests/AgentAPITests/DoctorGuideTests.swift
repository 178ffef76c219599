import AgentAPI
import LinuxIO
import Testing

@testable import umbel

/// `contrib/doc/troubleshooting.md`: its symptoms end in the doctor's words.
struct DoctorGuideTests {
  /// The quotes, each on one line.
  private static func quotes() throws -> [String] {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let text = try #require(TextFile.read(root + "/contrib/doc/troubleshooting.md"))
    var quotes: [String] = []
    var isOpen = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      defer { isOpen = line.hasPrefix("> ") }
      guard line.hasPrefix("> ") else { continue }
      if isOpen {
        quotes[quotes.count - 1] += " " + line.dropFirst(2)
      } else {
        quotes.append(String(line.dropFirst(2)))
      }
    }
    return quotes
  }

  private static func quote(_ verdict: Finding.Verdict, _ text: String) -> String {
    (verdict == .fault ? "fault: " : "warn: ") + text
  }

  @Test func `the guide quotes each trouble that the doctor knows, in its words, and no other`() throws {
    let path = "/run/umbel/umbel.sock"
    let unreachable = [ClientError.noAgent(path: path), .notPermitted(path: path)].compactMap {
      Finding($0, socket: path)?.text
    }
    let known =
      DoctorCase.all.map { Self.quote($0.verdict, $0.text) } + unreachable.map { Self.quote(.fault, $0) }
    #expect(try Set(Self.quotes()) == Set(known))
  }

  @Test func `each check has an example`() {
    let examples = Set(DoctorCase.all.map(\.check)).union([.agent, .permission])
    #expect(examples == Set(Finding.Check.allCases))
  }
}
