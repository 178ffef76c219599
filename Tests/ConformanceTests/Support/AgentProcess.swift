import AgentAPI
import Glibc
import LinuxIO
import Testing

/// The real `umbeld`, with a runtime directory and a configuration of its own.
final class AgentProcess {
  let workplace: Workplace
  let child: ChildProcess
  private let client: AgentClient
  private var logPath: String { workplace.path + "/log" }

  /// Starts the agent and waits until it answers.
  /// - Parameters:
  ///   - plugins: names of the fixtures that it finds.
  ///   - configuration: YAML.
  ///   - environment: `NAME=value`, besides what the tests have.
  convenience init(plugins: [String], configuration: String, environment: [String] = []) throws {
    let workplace = try Workplace()
    try self.init(
      workplace, pluginDirectory: try Plugins.directory(plugins, in: workplace), configuration: configuration,
      environment: environment)
  }

  init(
    _ workplace: Workplace, pluginDirectory: String, configuration: String, environment: [String] = []
  ) throws {
    self.workplace = workplace
    let file = workplace.path + "/umbel.yaml"
    try FileSystem.write(Array(configuration.utf8), to: file)
    let log = workplace.path + "/log"
    child = try ChildProcess(
      [
        Places.agent, "--config", file, "--plugin-dir", pluginDirectory, "--runtime-dir", workplace.path + "/run",
      ], environment: environment, output: log)
    client = try Self.connect(to: workplace.path + "/run/umbel.sock", child, log: log)
  }

  private static func connect(to path: String, _ child: ChildProcess, log: String) throws -> AgentClient {
    for _ in 0..<1_000 {
      if let client = try? AgentClient(path: path) { return client }
      if let status = child.wait(milliseconds: 10) {
        let text = (try? FileSystem.read(log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        throw AgentProcessError(description: "umbeld ended with \(status):\n\(text)")
      }
    }
    throw AgentProcessError(description: "umbeld does not listen at \(path)")
  }

  /// What the agent has logged so far.
  var log: String { (try? FileSystem.read(logPath)).map { String(decoding: $0, as: UTF8.self) } ?? "" }

  func logLines(containing text: String) -> [Substring] { log.split(separator: "\n").filter { $0.contains(text) } }

  // MARK: Control

  func call<Method: AgentMethod>(_ method: Method.Type, _ parameters: Method.Parameters) throws -> Method.Reply {
    try client.call(method, parameters)
  }

  /// Waits until its LANs are up: it answers before that.
  /// - Returns: this agent.
  func started() throws -> AgentProcess {
    for _ in 0..<400 where try status().lans.isEmpty { usleep(5_000) }
    try #require(try !status().lans.isEmpty, "\(log)")
    return self
  }

  func status() throws -> Status.Reply { try call(Status.self, Nothing()) }

  func ports() throws -> [Port] { try call(ListPorts.self, ListPorts.Parameters()).ports }

  func port(_ name: String) throws -> Port {
    try #require(try ports().first { $0.name == name }, "there is no port \(name)")
  }

  /// - Parameter isQuiet: the port sends nothing of its own, so that frames can be counted.
  @discardableResult
  func addPort(
    _ name: String, _ transport: String, _ options: [String: String], lan: String = "lab", isQuiet: Bool = true
  ) throws -> Port {
    let options = isQuiet ? options.merging(["loop-guard": "false"]) { own, _ in own } : options
    return try call(
      AddPort.self,
      AddPort.Parameters(
        lan: lan, name: name, transport: transport, role: .guest, options: options.mapValues { [$0] })
    ).port
  }

  func removePort(_ name: String, lan: String = "lab") throws {
    _ = try call(RemovePort.self, RemovePort.Parameters(lan: lan, port: name))
  }

  /// Waits until a port is as wanted; returns it as it is then, or after `milliseconds`.
  func port(
    _ name: String, within milliseconds: Int = 10_000, until condition: (Port) -> Bool
  ) throws -> Port {
    let deadline = monotonicNanoseconds() + UInt64(milliseconds) * 1_000_000
    while true {
      let port = try port(name)
      if condition(port) || monotonicNanoseconds() >= deadline { return port }
      usleep(5_000)
    }
  }

  /// Every forwarding thread answers.
  func isResponding() throws -> Bool { try status().forwardingThreads.allSatisfy(\.responding) }

  // MARK: Resources

  /// The share of one CPU that it uses in the next `milliseconds`.
  func cpuShare(milliseconds: Int) -> Double {
    let (started, used) = (monotonicNanoseconds(), child.cpuSeconds)
    usleep(UInt32(milliseconds) * 1_000)
    return (child.cpuSeconds - used) / (Double(monotonicNanoseconds() - started) / 1e9)
  }

  /// Asks it to end.
  /// - Returns: its exit status; nil when it has not ended within three seconds.
  func end() -> Int32? {
    child.signal(SIGTERM)
    return child.wait(milliseconds: 3_000)
  }
}

struct AgentProcessError: Error, CustomStringConvertible { let description: String }
