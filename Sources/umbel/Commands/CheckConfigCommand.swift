import ArgumentParser
import Glibc

struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config", abstract: "Check a configuration without starting anything.",
    discussion: "Runs `umbeld --check-config`, the one beside this program or in PATH; its exit status is passed on.")

  @Argument(help: "The file; otherwise the agent's usual one.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String?

  func run() throws {
    let words = ["--check-config"] + (file.map { [$0] } ?? [])
    if let beside = AgentProgram.besideThisOne { _ = CommandWords.execute([beside] + words) }
    let error = CommandWords.execute(["umbeld"] + words)
    throw Failure(
      .unavailable, "umbeld: \(error). Install the agent beside this program, or put its directory into PATH.")
  }
}
