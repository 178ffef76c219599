import AgentAPI
import ArgumentParser

/// The command line of the agent: each command is a file in `Commands`.
struct Umbel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "umbel",
    abstract: "Control the agent that spans virtual Ethernet LANs across machines.",
    version: umbelVersion,
    subcommands: [
      StatusCommand.self, TopCommand.self, DoctorCommand.self, ReloadCommand.self, LanCommand.self, PortCommand.self,
      MirrorCommand.self, PeerCommand.self, FDBCommand.self, CaptureCommand.self, TransportCommand.self,
      TapCommand.self, MetricsCommand.self,
      RunCommand.self, GuestCommand.self, CheckConfigCommand.self, CompletionsCommand.self,
    ])

  @Option(name: .long, help: Connection.socketHelp, completion: .file())
  var socket: String?
}
