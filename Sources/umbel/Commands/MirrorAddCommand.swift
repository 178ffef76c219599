import AgentAPI
import ArgumentParser

struct MirrorAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Copy the frames of some ports to another, which takes nothing in.",
    discussion: """
      It lasts until it is removed or the agent ends: a mirror that stays belongs in the configuration.
      Ports that are not there yet are copied when they come.
      """)

  @OptionGroup var connection: Connection

  @Option(
    name: .long, parsing: .singleValue,
    help: .init("A port whose frames are copied, * for any characters; may be given several times.", valueName: "port"))
  var from: [String]

  @Option(name: .long, help: "What is copied: what comes in by them, what goes out by them, or both.")
  var direction: MirrorDirection = .both

  @Option(name: .long, help: .init("The port that gets the copies.", valueName: "port"))
  var to: String

  @Argument(help: "The LAN.")
  var lan: String

  func run() throws {
    let parameters = AddMirror.Parameters(lan: lan, from: from, direction: direction, to: to)
    let mirror = try connection.open().call(AddMirror.self, parameters).mirror
    let sources = mirror.sources.isEmpty ? "nothing yet" : mirror.sources.joined(separator: ", ")
    let note = mirror.text.isEmpty ? "" : "; \(mirror.text)"
    try Output.write(Cell("Port \(mirror.to) of LAN \(mirror.lan) gets copies of: \(sources)\(note).").text + "\n")
  }
}

extension MirrorDirection: ExpressibleByArgument {}
