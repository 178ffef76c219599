import AgentAPI
import ArgumentParser

/// Which agent a command talks to: `--socket`, before or after the command.
struct Connection: ParsableArguments {
  static let socketHelp = ArgumentHelp(
    "The agent's control socket.",
    discussion: "Otherwise $UMBEL_SOCKET, $XDG_RUNTIME_DIR/umbel/umbel.sock without root, /run/umbel/umbel.sock.",
    valueName: "path")

  @Option(name: .long, help: socketHelp, completion: .file())
  var socket: String?

  @ParentCommand var root: Umbel

  /// Connects.
  /// - Parameter timeoutSeconds: see `AgentClient`.
  func open(timeoutSeconds: Int = 10) throws(ClientError) -> AgentClient {
    try AgentClient(path: path, timeoutSeconds: timeoutSeconds)
  }

  /// Of the socket.
  var path: String { AgentSocket.path(option: socket ?? root.socket) }
}
