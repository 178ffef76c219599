import ArgumentParser

struct GuestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest", abstract: "List guests in User Mode Linux, and plug them into LANs while they run.",
    discussion: """
      Guests are found in their user's ~/.uml, in the directories named with --uml-dir, and by what they tell the agent: \
      with mconsole=notify:DIRECTORY/notify on its command line, DIRECTORY being the agent's runtime directory, a guest \
      announces itself when it boots, wherever its uml_dir= is.
      """,
    subcommands: [GuestListCommand.self, GuestPlugCommand.self, GuestUnplugCommand.self])
}
