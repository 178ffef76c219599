import AgentAPI
import Testing

@testable import Agent

/// A file that must be refused, and the lines that are printed.
private struct Bad: Sendable, CustomTestStringConvertible {
  let mirror: String
  let lines: [String]

  init(_ mirror: String, _ lines: String...) {
    self.mirror = mirror
    self.lines = lines
  }

  var testDescription: String { mirror }
}

private let faults: [Bad] = [
  Bad("word", "u.yaml:2:17: mirror: is word; it must be a map such as {from: [web, db], direction: both, to: monitor}"),
  Bad(
    "[word]",
    "u.yaml:2:18: mirror: a mirror is word; it must be a map such as {from: [web, db], direction: both, to: monitor}"),
  Bad(
    "{to: mon}",
    "u.yaml:2:17: from: is missing; it must be a map such as {from: [web, db], direction: both, to: monitor}"),
  Bad(
    "{from: web}",
    "u.yaml:2:17: to: is missing; it must be a map such as {from: [web, db], direction: both, to: monitor}"),
  Bad("{form: web, from: web, to: mon}", "u.yaml:2:18: form: is not a key of a mirror; did you mean from?"),
  Bad("{from: [], to: mon}", "u.yaml:2:24: from: is a list; it must be names of ports, such as [web, db]"),
  Bad(
    "{from: [web, a b], to: mon}",
    "u.yaml:2:30: from: \"a b\" is not the name of a port; give one, with * for any characters, such as web*"),
  Bad("{from: [[web]], to: mon}", "u.yaml:2:25: from: has a list, which is not the name of a port"),
  Bad(
    "{from: web, to: mon, direction: up}", "u.yaml:2:49: direction: is up; allowed is in, out or both"),
  Bad("{from: web, to: [mon]}", "u.yaml:2:33: to: is a list; it must be the name of one port"),
  Bad(
    "{from: web, to: mon*}",
    "u.yaml:2:33: to: mon* is not a name; allowed are 1 to 32 of A-Z a-z 0-9 . _ -, the first a letter or digit"),
  Bad("{from: web, to: site}", "u.yaml:2:33: to: site is a trunk; copies go to guest ports alone"),
  Bad("{from: [web, mon], to: mon}", "u.yaml:2:30: from: mon is a mirror's target, which cannot be a source"),
  Bad(
    "[{from: web, to: one}, {from: one, to: two}]",
    "u.yaml:2:47: from: one is a mirror's target, which cannot be a source"),
  Bad(
    "[{from: web, to: one}, {from: db, to: one}]",
    "u.yaml:2:55: to: one is another mirror's, too; give it all sources in one"),
  Bad(
    "[\((0..<9).map { "{from: a, to: m\($0)}" }.joined(separator: ", "))]",
    "u.yaml:2:170: mirror: has more than 8 mirrors, the most there can be"),
]

struct MirrorConfigurationTests {
  private static func text(_ mirror: String) -> String {
    "lans:\n  lab: {mirror: \(mirror), ports: [{name: site, transport: mcast}]}\n"
  }

  @Test(arguments: faults)
  fileprivate func `a fault in a mirror is named at its place`(_ bad: Bad) {
    #expect(ConfigurationFixture.complaints(("u.yaml", Self.text(bad.mirror))) == bad.lines)
  }

  @Test func `one mirror or several, with names of ports that may come later`() throws {
    func mirrors(_ text: String) throws -> [MirrorConfiguration] {
      try ConfigurationFixture.read(("u.yaml", Self.text(text))).lans[0].mirrors
    }
    let one = MirrorConfiguration(sources: ["site"], target: "mon")
    #expect(try mirrors("{from: site, to: mon}") == [one])
    #expect(try mirrors("[]") == [] && mirrors("") == [])
    let two = MirrorConfiguration(sources: ["web*", "db"], direction: .out, target: "other")
    #expect(try mirrors("[{from: site, to: mon}, {from: [web*, db], direction: out, to: other}]") == [one, two])
  }

  @Test(.timeLimit(.minutes(1))) func `no pattern takes long`() {
    let mirror = MirrorConfiguration(sources: [String(repeating: "*", count: 31) + "b"], target: "m")
    let name = "abcdefghijklmnopqrstuvwxyz012345"
    #expect(!mirror.copies(name) && mirror.copies(name + "b"))
  }

  @Test func `a star stands for any characters, and a name for itself`() {
    func copied(_ pattern: String) -> [String] {
      let mirror = MirrorConfiguration(sources: [pattern], target: "m")
      return ["web", "web-1", "my-web", "db"].filter(mirror.copies)
    }
    #expect(copied("web") == ["web"])
    #expect(copied("web*") == ["web", "web-1"])
    #expect(copied("*web") == ["web", "my-web"])
    #expect(copied("*e*") == ["web", "web-1", "my-web"])
    #expect(copied("*") == ["web", "web-1", "my-web", "db"])
    #expect(copied("w*1") == ["web-1"])
    #expect(
      copied("**b**") == ["web", "web-1", "my-web", "db"] && copied("*b*b") == [] && copied("m*e*b") == ["my-web"])
  }
}
