import AgentAPI
import ArgumentParser

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show the agent, its LANs and their ports.",
    discussion: "With --watch again and again, with what passes in a second, until ^C; for pipes and any terminal.")

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  @Flag(name: .long, help: "Show it again every interval, with rates.")
  var watch = false

  @Argument(
    help: .init("With --watch: 100ms to 60min; otherwise 1s.", valueName: "interval"), transform: Interval.parse)
  var interval: Interval?

  func validate() throws {
    if interval != nil, !watch { throw ValidationError("An interval goes with --watch: umbel status --watch 2s.") }
  }

  func run() throws {
    let sampler = Sampler(connection)
    let first = try sampler.status()
    if !watch { return try show(first, rates: nil) }
    let interval = interval ?? .second
    try show(first, rates: [:])
    var last = first
    while true {
      interval.sleep()
      guard let next = answer(of: sampler) else { continue }
      try show(next, rates: Rates.of(next, since: last))
      last = next
    }
  }

  /// - Returns: nil: none, which has been told. The next may come.
  private func answer(of sampler: Sampler) -> Snapshot? {
    do throws(ClientError) {
      return try sampler.status()
    } catch {
      Output.complain(Failure(error).text)
      return nil
    }
  }

  private func show(_ snapshot: Snapshot, rates: [Int: Rates]?) throws {
    let separator = rates == nil || format.json ? "" : "\n"
    try format.write(StatusDocument(status: snapshot.status, ports: snapshot.ports)) {
      StatusReport(status: snapshot.status, ports: snapshot.ports, rates: rates).text(coloured: $0) + separator
    }
  }
}

/// What `status --json` prints: the replies of Status and ListPorts.
private struct StatusDocument: Encodable {
  let status: Status.Reply
  let ports: [Port]
}
