import AgentAPI
import Glibc
import LinuxIO
import Testing

@Suite("The client, when the agent is not well")
struct AgentClientTests {
  private let directory: TemporaryDirectory
  private let path: String

  init() throws {
    directory = try TemporaryDirectory()
    path = directory.path("control")
  }

  private func listen() throws(Errno) -> Descriptor {
    try UnixSocket.listen(at: path, kind: .stream, mode: 0o600)
  }

  @Test("Nobody listens: no socket, or one that was left behind", arguments: [false, true])
  func noAgent(_ isLeft: Bool) throws {
    if isLeft { _ = try listen() }
    #expect(throws: ClientError.noAgent(path: path)) { try AgentClient(path: path) }
  }

  @Test("An agent that does not answer is not waited for without end")
  func silent() throws {
    let listener = try listen()
    let client = try AgentClient(path: path, timeoutSeconds: 1)
    #expect(throws: ClientError.timedOut(path: path, seconds: 1)) { try client.call(Status.self, Nothing()) }
    _ = listener.number
  }

  @Test("An agent that closes instead of answering has closed")
  func closes() throws {
    let listener = try listen()
    let client = try AgentClient(path: path)
    do { _ = try UnixSocket.accept(from: listener) }
    #expect(throws: ClientError.closed(path: path)) { try client.call(Status.self, Nothing()) }
  }

  @Test(
    "An answer that is none is not taken for one",
    arguments: [
      ("hello", ClientError.malformed("no JSON object of that form")),
      ("{\"parameters\":{\"lans\":7}}", .malformed("field \"lans\"")),
      ("{\"parameters\":{}}", .malformed("field \"lans\"")),
      ("{\"error\":\"org.umbel.Agent.Bored\"}", .unknown("org.umbel.Agent.Bored")),
      ("{\"error\":\"org.umbel.Agent.NoSuchLan\"}", .unknown("org.umbel.Agent.NoSuchLan")),
      ("{\"error\":\"org.varlink.service.PermissionDenied\"}", .service(.permissionDenied)),
    ])
  func garbage(_ example: (answer: String, error: ClientError)) throws {
    let listener = try listen()
    let client = try AgentClient(path: path)
    guard let agent = try UnixSocket.accept(from: listener) else { throw Errno(ECONNABORTED) }
    _ = try UnixSocket.write(Array(example.answer.utf8)[...] + [0], to: agent)
    #expect(throws: example.error) { try client.call(ListLans.self, Nothing()) }
  }
}
