import ArgumentParser

struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print the script by which a shell completes umbel's words.",
    discussion: """
      bash: umbel completions bash > ~/.local/share/bash-completion/completions/umbel
      zsh:  umbel completions zsh > DIRECTORY/_umbel, with DIRECTORY in $fpath
      fish: umbel completions fish > ~/.config/fish/completions/umbel.fish
      """)

  enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }

  @Argument(help: "The shell.")
  var shell: Shell

  func run() throws {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    try Output.write(Umbel.completionScript(for: kind) + "\n")
  }
}
