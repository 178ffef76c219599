import AgentAPI
import LinuxIO
import SystemdSupport
import TransportHost

/// Reads the configuration again when somebody asks, checks it whole, and has the difference applied. One reload at a time;
/// who asks meanwhile waits for the next, which is one for all who wait. Control thread only.
final class Reloader {
  typealias Outcome = Result<Reload.Reply, ConfigurationProblems>

  private unowned let agent: Agent
  private let load: () throws(ConfigurationProblems) -> Configuration
  private var waiting: [(Outcome) -> Void] = []
  private(set) var isRunning = false

  /// - Parameter load: reads and checks the configuration from where it was read at the start.
  init(_ agent: Agent, load: @escaping () throws(ConfigurationProblems) -> Configuration) {
    self.agent = agent
    self.load = load
  }

  /// - Parameter action: called when the configuration is in force or was refused; the journal knows by then.
  func reload(then action: @escaping (Outcome) -> Void = { _ in }) {
    waiting.append(action)
    if !isRunning { run() }
  }

  private func run() {
    guard !waiting.isEmpty, !isRunning else { return }
    // Nothing moves, and the next process may not be the one that goes on.
    if agent.isHandingOver {
      agent.loop.after(milliseconds: 1_000) { self.run() }
      return
    }
    let askers = waiting
    waiting = []
    isRunning = true
    agent.manager.reloading()
    do throws(ConfigurationProblems) {
      let wanted = try load()
      for note in wanted.notes { agent.journal.log(.info, "\(note)") }
      let difference = ConfigurationDifference(
        from: agent.present, threads: agent.threads.count, busyPoll: agent.busyPoll, to: wanted,
        transports: agent.catalogue.transports.map(\.description))
      agent.wanted = wanted.lans
      ConfigurationChange(difference, of: agent).apply { self.finish(.success($0), askers) }
    } catch {
      finish(.failure(error), askers)
    }
  }

  private func finish(_ outcome: Outcome, _ askers: [(Outcome) -> Void]) {
    switch outcome {
    case .success(let reply):
      agent.refusal = nil
      agent.keeper.noteChange()
      record(reply)
    case .failure(let refused):
      let first = refused.problems[0].location
      agent.refusal = "the changed configuration is refused (\(first)), the one before it is in force"
      agent.journal.log(refused: refused)
    }
    // READY=1 after STOPPING=1 would confuse the service manager.
    if !agent.isEnding, !agent.isHandingOver { agent.manager.ready(status: agent.statusText) }
    for asker in askers { asker(outcome) }
    isRunning = false
    // Not now: who has been answered may ask again at once.
    if !waiting.isEmpty { agent.loop.after(milliseconds: 0) { self.run() } }
  }

  private func record(_ reply: Reload.Reply) {
    let changes = reply.changes.map { "\($0.subject) \($0.kind.rawValue)" }
    agent.journal.log(
      .notice,
      "the configuration was read again: \(changes.isEmpty ? "nothing changed" : changes.joined(separator: ", "))",
      id: .reloaded)
    for note in reply.notes {
      agent.journal.log(.warning, "the configuration was read again: \(note)", id: .reloadIncomplete)
    }
  }
}

extension Journal {
  /// A record for each problem of a configuration, of which nothing is taken.
  func log(refused: ConfigurationProblems) {
    for problem in refused.problems {
      log(.error, "\(problem)", id: .configurationRefused, fields: [.file: problem.location.file])
    }
  }
}
