import LinuxIO
import SystemdSupport

/// What the service manager has given to this process, read before anything is opened. A process that is ended before it
/// has lived for a second leaves the count of attempts risen: when what it takes over is what ends it, that has an end.
final class LeftBehind {
  let inheritance: Inheritance
  /// Of all that was given.
  private let names: [String]
  /// Processes that have tried, this one included.
  private let attempts: UInt64

  /// - Parameter names: of all that is in `given`.
  init(_ given: inout GivenDescriptors, names: [String], _ journal: Journal) {
    self.names = names
    var found: (state: HandOverState, stations: [HandOverState.Station], attempts: UInt64)?
    let newestFirst = names.filter(StoredDescriptors.isStateName).sorted {
      (StoredDescriptors.number(of: $0) ?? 0) > (StoredDescriptors.number(of: $1) ?? 0)
    }
    for name in newestFirst {
      guard found == nil, let file = given.take(name) else { continue }
      do {
        found = try Self.read(file.number)
      } catch {
        journal.log(
          .error,
          "what the agent before has left is not taken over: \(error). It starts clean; guests have to connect again",
          id: .adoptionFailed)
        break
      }
    }
    attempts = found?.attempts ?? 0
    inheritance = Inheritance(found?.state ?? HandOverState(), stations: found?.stations ?? [], given: &given)
  }

  /// Reads a state, and counts that it was begun with.
  private static func read(
    _ number: Int32
  ) throws -> (state: HandOverState, stations: [HandOverState.Station], attempts: UInt64) {
    let bytes = try MemoryFile.contents(of: number)
    guard bytes.count >= HandOverState.headerWords * 8 else { throw HandOverProblem.broken }
    let attempts = HandOverState.word(HandOverState.attemptsOffset / 8, of: bytes)
    try MemoryFile.write(attempts &+ 1, at: HandOverState.attemptsOffset, to: number)
    let read = try HandOverState.decode(bytes)
    return (read.state, read.stations, attempts + 1)
  }

  /// The agent has started: what nobody has taken ends, and the keeper goes on with the rest.
  func finish(_ agent: Agent) {
    agent.keeper.adopt(inheritance, stored: names, attempts: attempts)
    inheritance.discard()
    agent.inheritance = Inheritance()
    let ports = agent.lans.flatMap(\.ports).count { $0.isAdopted }
    guard ports > 0 else { return }
    agent.journal.log(
      .notice,
      "took over \(ports) port\(ports == 1 ? "" : "s") of the agent before (version \(inheritance.state.version))",
      id: .adopted)
  }
}
