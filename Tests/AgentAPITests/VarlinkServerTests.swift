import Agent
import AgentAPI
import Glibc
import LinuxIO
import Testing

@Suite("The control interface's server")
struct VarlinkServerTests {
  private typealias Raw = RawClient

  @Test("A call is answered")
  func call() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let client = try AgentClient(path: server.path)
    #expect(try client.call(Status.self, Nothing()) == TestHandler.status)
    #expect(try client.call(AddLan.self, .init(name: "lab")) == AddLan.Reply(lan: TestHandler.lan("lab")))
  }

  @Test("An error of the agent reaches the client as it was")
  func agentError() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let client = try AgentClient(path: server.path)
    #expect(throws: ClientError.refused(.noSuchLan("labb", existing: ["default", "lab"]))) {
      try client.call(RemoveLan.self, .init(name: "labb"))
    }
  }

  @Test("The agent describes itself and its interfaces")
  func introspection() throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    try client.send("{\"method\":\"org.varlink.service.GetInfo\"}|")
    let information = try client.receive()
    #expect(
      information
        == "{\"parameters\":{\"interfaces\":[\"org.umbel.Agent\",\"org.varlink.service\"],\"product\":\"umbeld\","
        + "\"url\":\"\",\"vendor\":\"Umbel\",\"version\":\"1.2.3\"}}")
    try client.send(
      "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":\"org.umbel.Agent\"}}|"
    )
    let description = try client.receive() ?? ""
    #expect(description.contains("method Status() -> ("))
    #expect(description.contains("# The control interface of umbeld"))
  }

  @Test(
    "A call that reaches no method is refused by the service's errors",
    arguments: [
      ("{\"method\":\"org.umbel.Agent.Fly\"}|", "MethodNotFound", "\"method\":\"org.umbel.Agent.Fly\""),
      ("{\"method\":\"org.umbel.Other.Status\"}|", "InterfaceNotFound", "\"interface\":\"org.umbel.Other\""),
      ("{\"method\":\"Status\"}|", "InterfaceNotFound", "\"interface\":\"Status\""),
      ("{\"method\":\"org.varlink.service.Fly\"}|", "MethodNotFound", "\"method\":\"org.varlink.service.Fly\""),
      (
        "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":\"a.b\"}}|",
        "InterfaceNotFound", "\"interface\":\"a.b\""
      ),
      (Raw.request("AddLan"), "InvalidParameter", "\"parameter\":\"name\""),
      (Raw.request("AddLan", "{\"name\":7}"), "InvalidParameter", "\"parameter\":\"name\""),
      (Raw.request("AddLan", "{\"name\":\"a\",\"dors\":[]}"), "InvalidParameter", "\"parameter\":\"dors\""),
      (Raw.request("Status", "{}", ",\"upgrade\":true"), "InvalidParameter", "\"parameter\":\"upgrade\""),
      (Raw.request("ListTransports"), "MethodNotImplemented", "\"method\":\"org.umbel.Agent.ListTransports\""),
    ])
  func serviceErrors(_ example: (request: String, error: String, parameter: String)) throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    try client.send(example.request)
    let reply = try client.receive()
    #expect(reply == "{\"error\":\"org.varlink.service.\(example.error)\",\"parameters\":{\(example.parameter)}}")
  }

  @Test("Requests sent at once are answered in order, also behind one that takes long")
  func pipelining() throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    try client.send(
      Raw.request("ListPorts") + Raw.request("ListLans") + Raw.request("AddLan", "{\"name\":\"after\"}"))
    #expect(try client.receive() == "{\"parameters\":{\"ports\":[]}}")
    #expect(server.eventually { _, handler in handler.held.count == 1 })
    #expect(server.perform { _, handler in handler.counts[.addLan] } == nil)
    server.perform { _, handler in handler.answerHeld() }
    #expect(try client.receive() == "{\"parameters\":{\"lans\":[]}}")
    #expect(try client.receive()?.contains("\"name\":\"after\"") == true)
  }

  @Test("A request that comes a byte at a time is understood")
  func slowly() throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    for character in Raw.request("ListPorts") { try client.send(String(character)) }
    #expect(try client.receive() == "{\"parameters\":{\"ports\":[]}}")
  }

  @Test("A oneway call is carried out and not answered")
  func oneway() throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    try client.send(Raw.request("AddLan", "{\"name\":\"quiet\"}", ",\"oneway\":true") + Raw.request("ListPorts"))
    #expect(try client.receive() == "{\"parameters\":{\"ports\":[]}}")
    #expect(server.perform { _, handler in handler.counts[.addLan] } == 1)
  }

  @Test("A client that has said all it wants still gets its answers")
  func halfClosed() throws {
    let server = try ServerThread()
    defer { server.stop() }
    var client = try RawClient(server)
    try client.send(Raw.request("ListLans") + Raw.request("ListPorts"))
    shutdown(client.socket.number, Int32(SHUT_WR))
    #expect(server.eventually { _, handler in handler.held.count == 1 })
    server.perform { _, handler in handler.answerHeld() }
    #expect(try client.receive() == "{\"parameters\":{\"lans\":[]}}")
    #expect(try client.receive() == "{\"parameters\":{\"ports\":[]}}")
    #expect(try client.receive() == nil)
  }

  @Test("A call that the handler forgets is answered")
  func forgotten() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let client = try AgentClient(path: server.path)
    let expected = AgentError.failed(
      "RemovePort", what: "The agent forgot to answer.", remedy: "This is a fault of umbeld: please report it.")
    #expect(throws: ClientError.refused(expected)) { try client.call(RemovePort.self, .init(lan: "lab", port: "p")) }
  }

  @Test("A client that goes away in the middle of a call leaves nothing behind")
  func goesAway() throws {
    let server = try ServerThread()
    defer { server.stop() }
    do {
      let client = try RawClient(server)
      try client.send(Raw.request("ListLans"))
      #expect(server.eventually { _, handler in handler.held.count == 1 })
    }
    #expect(server.eventually { server, _ in server.connectionCount == 0 })
    #expect(server.perform { _, handler in handler.held[0].isCancelled })
    server.perform { _, handler in handler.answerHeld() }
    #expect(try AgentClient(path: server.path).call(Status.self, Nothing()) == TestHandler.status)
  }

  @Test("The server knows who calls")
  func peer() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let client = try RawClient(server)
    try client.send(Raw.request("ListLans"))
    #expect(server.eventually { _, handler in handler.held.count == 1 })
    #expect(server.perform { _, handler in handler.held[0].peer.processId } == getpid())
    #expect(server.perform { _, handler in handler.held[0].peer.userId } == geteuid())
    #expect(server.perform { _, handler in (try? handler.held[0].openCaller().number) != nil })
    server.perform { _, handler in handler.answerHeld() }
  }
}
