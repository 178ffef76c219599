import AgentAPI
import ArgumentParser

struct LanAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Make a LAN.",
    discussion: "It lasts until it is removed or the agent ends: a LAN that stays belongs in the configuration.")

  @OptionGroup var connection: Connection

  @Argument(help: "The new LAN.")
  var name: String

  @Option(
    name: .long, parsing: .singleValue,
    help: .init(
      "A door it gets; may be given several times. Otherwise all there are. NAME=/PATH opens it at that path, "
        + "NAME=ADDRESS:PORT at that TCP address, where whoever can connect is a guest.", valueName: "door"))
  var door: [String] = []

  @Flag(name: .long, help: "No doors.")
  var noDoors = false

  @Option(
    help: .init(
      "The forwarding thread that runs it, from 0 on. Otherwise the one with the fewest LANs.", valueName: "n"))
  var thread: Int?

  @Argument(help: .init("Options of the LAN.", valueName: "key=value"), transform: OptionArgument.parse)
  var options: [OptionArgument] = []

  func validate() throws {
    if noDoors, !door.isEmpty { throw ValidationError("--no-doors and --door exclude each other.") }
  }

  private func line(of door: Door) -> String {
    "  \(door.name): \(door.place)" + (door.problem.map { " (waiting: \($0))" } ?? "") + "\n"
  }

  func run() throws {
    let doors = noDoors ? [] : door.isEmpty ? nil : door.map(DoorPlace.init(argument:))
    var options = OptionArgument.combined(options) ?? [:]
    if let thread { options["thread", default: []].append("\(thread)") }
    let lan = try connection.open()
      .call(AddLan.self, .init(name: name, doors: doors, options: options.isEmpty ? nil : options)).lan
    try Output.write("LAN \(lan.name) is up.\n" + lan.doors.map(line).joined())
  }
}
