package import AgentAPI
import ArgumentParser
import Glibc
import LinuxIO

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Find out why guests do not reach each other, and what to do about it.",
    discussion: """
      Walks the whole chain: agent, plugins, doors, native guests; of each trunk the interface, route, membership, \
      firewall, buffers and peers; the clocks of this host and of peers. Before that it has the agent measure, for three seconds: round trip, loss each way, \
      what passes in one piece. Each link is ok, a warning or a fault, with commands that mend it. It changes nothing. Root sees more: the \
      firewall, other users' processes, the agent's network namespace. The exit status is 1 when there is a fault.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var format: Format

  @Argument(help: "The LAN; otherwise all.")
  var lan: String?

  @Flag(help: "Do not measure: take what agents have heard of each other so far.")
  var noProbe = false

  func run() throws {
    let findings: [Finding]
    var failure: Failure?
    do {
      findings = try examine()
    } catch let error as ClientError {
      guard let finding = Finding(error, socket: connection.path) else { throw error }
      findings = [finding]
      failure = Failure(error)
    }
    let report = DoctorReport(findings)
    try format.write(report) { report.text(coloured: $0) }
    if let failure { throw ExitCode(failure.status.rawValue) }
    if report.faults > 0 { throw ExitCode(ExitStatus.faultFound.rawValue) }
  }

  private func examine() throws -> [Finding] {
    let client = try connection.open()
    if !noProbe {
      _ = try client.call(MeasurePeers.self, .init(lan: lan))
      // Peers answer within an interval of hellos, of 2.2 s at most.
      sleep(3)
    }
    var agent = try AgentFacts(client, lan: lan)
    agent.isMeasured = !noProbe
    do throws(Errno) {
      return Diagnosis(agent, try HostFacts(for: agent)).findings
    } catch {
      throw Failure(.osError, "The kernel does not tell about interfaces: \(error).")
    }
  }
}

extension Finding {
  /// An agent that cannot be asked; nil: it was, and refused something else.
  /// - Parameter socket: its control socket.
  package init?(_ error: ClientError, socket: String) {
    let asRoot = Diagnosis.asRoot(socket: socket)
    let group = "sudo usermod -aG umbel $USER"
    switch error {
    case .noAgent(let path):
      self.init(
        .agent, .fault, "no agent answers at \(path)", remedies: ["sudo systemctl start umbeld", "sudo umbeld"])
    case .notPermitted(let path):
      self.init(
        .permission, .fault, "the agent's socket \(path) is closed to you", remedies: [asRoot, group])
    case .refused(let refusal) where refusal.kind == .notPermitted:
      self.init(
        .permission, .fault, "the agent does not let you ask: you are not in its group",
        remedies: [asRoot, group])
    case .timedOut(let path, let seconds):
      self.init(
        .agent, .fault, "the agent at \(path) did not answer within \(seconds) s",
        remedies: ["sudo journalctl -u umbeld", "sudo systemctl restart umbeld"])
    default: return nil
    }
  }
}
