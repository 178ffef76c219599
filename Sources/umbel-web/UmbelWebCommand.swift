import AgentAPI
import ArgumentParser
import LinuxIO
import Web

/// The command line of the program that shows the agent to browsers and to Prometheus.
@main
struct UmbelWebCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "umbel-web",
    abstract: "Shows the LANs of an agent as a page, and its metrics.",
    discussion: """
      / is a page that draws the LANs live, /metrics what is counted, for Prometheus, /api/state and /api/stations are \
      JSON. It needs no privilege but access to the agent's control socket: membership in group umbel.
      """,
    version: umbelVersion)

  @Option(
    help: .init(
      "Where it listens; can be repeated. Anything but loopback needs --token-file. (default: 127.0.0.1:8080)",
      valueName: "address:port"))
  var listen: [String] = []

  @Option(
    help: .init(
      "A file whose first line is the token that everybody must have: Authorization: Bearer TOKEN, or /#token=TOKEN.",
      valueName: "file"),
    completion: .file())
  var tokenFile: String?

  @Option(
    help: .init(
      "The agent's control socket. (default: $UMBEL_SOCKET, $XDG_RUNTIME_DIR/umbel/umbel.sock, /run/umbel/umbel.sock)",
      valueName: "path"),
    completion: .file())
  var socket: String?

  func run() async throws {
    let places = try (listen.isEmpty ? ["127.0.0.1:8080"] : listen).map { text in
      guard let place = SocketAddress(text) else {
        throw ValidationError("\"\(text)\" is no address with a port: write 127.0.0.1:8080 or [::1]:8080.")
      }
      return place
    }
    do {
      let rule = try AccessRule(places: places, tokenFile: try tokenFile.map(Self.text))
      let server = WebServer(WebService(socket: AgentSocket.path(option: socket), rule: rule))
      try await server.run(at: places) { StandardError.write("umbel-web: http://\($0)/") }
      StandardError.write(
        "umbel-web: the system takes no more connections for it. Start it again, as its service does.")
      throw ExitCode(70)
    } catch let refusal as AccessRule.Refusal {
      StandardError.write("umbel-web: \(refusal.sentence)")
      throw ExitCode(64)
    } catch let error as ListenError {
      StandardError.write("umbel-web: \(error.place): \(error.error). Name another address with --listen.")
      throw ExitCode(71)
    }
  }

  private static func text(of path: String) throws(AccessRule.Refusal) -> String {
    guard let text = TextFile.read(path) else {
      throw AccessRule.Refusal(sentence: "\(path) cannot be read: name a file that this user may read.")
    }
    return text
  }
}
