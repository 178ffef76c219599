import Agent
import ArgumentParser

/// The command line of the agent.
@main
struct UmbeldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "umbeld",
    abstract: "Spans virtual Ethernet LANs across machines.",
    discussion: """
      Without a configuration file LAN `default` is up: a trunk on 239.192.168.1:1102 with TTL 1, where guests with \
      eth0=mcast are, and doors for other guests in the runtime directory. Talk to the agent with `umbel`.
      """,
    version: agentVersion)

  @Option(name: .customLong("config"), help: "The configuration file. (default: /etc/umbel/umbel.yaml if it exists)")
  var configuration: String?

  @Option(help: "Where the sockets are made. (default: /run/umbel, without root $XDG_RUNTIME_DIR/umbel)")
  var runtimeDir: String?

  @Option(help: "Where transports are loaded from. (default: the installed ones, else those beside the program)")
  var pluginDir: String?

  @Flag(help: "Check the configuration, print what it holds, and start nothing.")
  var checkConfig = false

  @Flag(help: "Go on in the place of the agent that runs in the runtime directory; guests notice nothing.")
  var takeOver = false

  @Argument(help: .init("With --check-config: the file to check.", visibility: .hidden))
  var file: String?

  func validate() throws {
    if file != nil, !checkConfig { throw ValidationError("umbeld takes no arguments; a file is given with --config.") }
    if file != nil, configuration != nil { throw ValidationError("Name the file once: --config or as an argument.") }
  }

  func run() throws {
    let program = AgentProgram(
      configurationPath: configuration ?? file, runtimeDirectory: runtimeDir, pluginDirectory: pluginDir,
      takesOver: takeOver)
    throw ExitCode((checkConfig ? program.checkConfiguration() : program.run()).rawValue)
  }
}
