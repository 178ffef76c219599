import AgentAPI
import Testing

@Suite("Messages as JSON")
struct MessageTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test("A request says only what it must")
  func request() {
    let request = Message.Request(method: "org.umbel.Agent.ListPorts", parameters: ListPorts.Parameters(lan: "a/b"))
    let text = String(decoding: Message.encode(request), as: UTF8.self)
    #expect(text == "{\"method\":\"org.umbel.Agent.ListPorts\",\"parameters\":{\"lan\":\"a/b\"}}\0")
  }

  @Test("A NUL in a text does not end the message")
  func nul() {
    let encoded = Message.encode(Message.Reply(parameters: RemoveLan.Parameters(name: "a\0b")))
    #expect(encoded.firstIndex(of: 0) == encoded.count - 1)
  }

  @Test("Absent parameters are empty ones")
  func absent() throws {
    let parameters = try Message.parameters(ListPorts.Parameters.self, from: bytes("{\"method\":\"x\"}"))
    #expect(parameters == ListPorts.Parameters())
  }

  @Test(
    "What is wrong with a message is named by its field",
    arguments: [
      ("{\"parameters\":{}}", "name"), ("{\"parameters\":{\"name\":7}}", "name"),
      ("{\"parameters\":{\"name\":\"a\",\"options\":{\"x\":\"y\"}}}", "options.x"), ("{", ""), ("[]", ""),
    ])
  func wrong(_ example: (text: String, field: String)) {
    #expect(throws: Message.Malformed(field: example.field)) {
      try Message.parameters(AddLan.Parameters.self, from: bytes(example.text))
    }
  }

  @Test("Nesting without end is malformed, not a crash")
  func nesting() {
    let deep = bytes("{\"method\":") + [UInt8](repeating: UInt8(ascii: "["), count: 500_000)
    #expect(throws: Message.Malformed.self) { try Message.decode(Message.RequestHead.self, from: deep) }
  }

  @Test("An error of the agent comes back as it was")
  func agentError() {
    let error = AgentError.noSuchLan("defautl", existing: ["default", "lab"])
    let encoded = Array(Message.encode(Message.Reply(error: error.name, parameters: error)).dropLast())
    #expect(AgentError(name: error.name, bytes: encoded) == error)
    #expect(error.details.near == "default")
    #expect(error.details.remedy == "Did you mean \"default\"? LANs: default, lab.")
  }
}
