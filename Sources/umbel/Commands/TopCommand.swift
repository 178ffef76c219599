import AgentAPI
import ArgumentParser
import LinuxIO

struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Show what passes now, LAN by LAN and port by port, until q.",
    discussion: """
      Figures are of the last interval. RX is what came in by a port, TX what went out by it; bits are those of frames \
      without FCS. A port of a guest that has announced itself shows the guest's name.
      """)

  @OptionGroup var connection: Connection

  @Option(name: .long, help: .init("Show this port alone; needs the LAN.", valueName: "port"))
  var port: String?

  @Option(
    name: .long, help: .init("How often to look, 100ms to 60min.", valueName: "time"), transform: Interval.parse)
  var interval = Interval.second

  @Flag(name: .long, help: "Print one look as text and end; needs no terminal.")
  var once = false

  @Argument(help: "The LAN; otherwise all.")
  var lan: String?

  func validate() throws {
    if port != nil, lan == nil { throw ValidationError("Name the LAN of the port: umbel top LAN --port PORT.") }
  }

  func run() throws {
    if !once, let obstacle = Terminal.obstacle {
      throw Failure(
        .usage,
        "umbel top draws on a terminal, and \(obstacle). Use `umbel status --watch`, or `umbel top --once`.")
    }
    let sampler = Sampler(connection, timeoutSeconds: once ? 10 : 2)
    var model = TopModel(host: hostName(), interval: interval.text, lan: lan, port: port)
    let first = try sampler.snapshot()
    try check(first)
    model.take(first)
    if !once { return try TopProgram(sampler, model, every: interval).run() }
    interval.sleep()
    model.take(try sampler.snapshot())
    let screen = TopScreen(model, columns: 80, rows: .max, isUnicode: Terminal.isUnicode)
    try Output.write(screen.lines.map { $0.trimmed + "\n" }.joined())
  }

  /// What is named must be there now; later it may come and go.
  private func check(_ snapshot: Snapshot) throws(Failure) {
    guard let lan else { return }
    let lans = snapshot.status.lans.map(\.name)
    if !lans.contains(lan) { throw Failure(AgentError.noSuchLan(lan, existing: lans)) }
    let ports = snapshot.ports.filter { $0.lan == lan }.map(\.name)
    if let port, !ports.contains(port) { throw Failure(AgentError.noSuchPort(port, lan: lan, existing: ports)) }
  }
}
