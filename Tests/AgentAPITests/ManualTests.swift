import Glibc
import Testing

/// `contrib/man`: the manual pages say no less than the programs' own help.
struct ManualTests {
  private static let directory = {
    // <root>/Tests/AgentAPITests/ManualTests.swift
    #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/contrib/man"
  }()

  /// A page, with options as they are typed. mdoc(7) writes `--json` as `Fl -json`.
  private static func page(_ name: String) throws -> String {
    let text = try Program.run(["/bin/cat", "\(directory)/\(name)"]).output
    try #require(!text.isEmpty, "there is no \(name)")
    return text.split(separator: "Fl ", omittingEmptySubsequences: false).joined(separator: "-")
  }

  /// The options that a help text explains: the first words of the lines below OPTIONS.
  private static func options(in help: String) -> [String] {
    help.split(separator: "\n").flatMap { line -> [String] in
      guard line.hasPrefix("  -") else { return [] }
      return line.split(separator: " ").prefix { $0.hasPrefix("-") }.map { $0.filter { $0 != "," } }
    }
  }

  /// The commands that a help text lists.
  private static func commands(in help: String) -> [String] {
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.firstIndex(of: "SUBCOMMANDS:") else { return [] }
    return lines[(first + 1)...].prefix { !$0.isEmpty }.compactMap { line in
      line.hasPrefix("   ") ? nil : line.split(separator: " ").first.map(String.init)
    }
  }

  /// Checks a command and those below it.
  private func check(_ words: [String], in page: String) throws {
    let help = try Program.umbel(["help"] + words).output
    let below = Self.commands(in: help)
    if below.isEmpty { #expect(page.contains("Cm \(words.joined(separator: " "))"), "\(words)") }
    for option in Self.options(in: help) { #expect(page.contains(option), "\(words) \(option)") }
    for command in below { try check(words + [command], in: page) }
  }

  @Test func `umbel(1) has every command and every option`() throws {
    try check([], in: try Self.page("umbel.1"))
  }

  @Test func `umbeld(8) has every option`() throws {
    let help = try Program.umbeld(["--help"]).output
    let page = try Self.page("umbeld.8")
    let options = Self.options(in: help)
    #expect(options.count > 4)
    for option in options { #expect(page.contains(option), "\(option)") }
  }

  @Test func `umbel-web(8) has every option`() throws {
    let help = try Program.umbelWeb(["--help"]).output
    let page = try Self.page("umbel-web.8")
    let options = Self.options(in: help)
    #expect(options.count > 4)
    for option in options { #expect(page.contains(option), "\(option)") }
  }

  private static let hasMandoc = unsafe access("/usr/bin/mandoc", X_OK) == 0

  @Test(.enabled(if: hasMandoc, "needs mandoc"), arguments: ["umbel.1", "umbeld.8", "umbel-web.8", "umbel.yaml.5"])
  func `a page is well formed`(_ name: String) throws {
    let run = try Program.run(["/usr/bin/mandoc", "-Tlint", "-Wwarning", "\(Self.directory)/\(name)"])
    #expect(run.status == 0, "\(run.output)\(run.complaint)")
  }
}
