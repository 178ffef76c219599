import AgentAPI
import Testing

@Suite("org.umbel.Agent.varlink")
struct InterfaceTests {
  private let code = InterfaceDefinition.fromCode()

  @Test("The definition and the code have the same types, methods and errors")
  func sameInterface() throws {
    let definition = try InterfaceParser.parse(AgentInterface.definition)
    #expect(definition.differences(from: code) == [])
    #expect(definition.methods.count == MethodName.allCases.count)
    #expect(definition.types.count > 10)
  }

  @Test(
    "A difference on one side is found",
    arguments: [
      ("  uptimeSeconds: int,\n", "", "output of Status.uptimeSeconds: absent, int"),
      ("  live: bool,\n", "  live: bool,\n  extra: int,\n", "type TransportOption.extra: int, absent"),
      ("retryInSeconds: ?int", "retryInSeconds: int", "type Port.retryInSeconds: int, ?int"),
      ("drops: [string]int", "drops: []int", "type Port.drops: []int, [string]int"),
      ("type Role (guest, trunk)", "type Role (guest)", "type Role: (guest), (guest, trunk)"),
      ("error PortExists (subject", "error PortExists (topic", "error PortExists.subject: absent, string"),
      ("RemovePort(lan: string, port", "RemovePort(lan: string, prt", "input of RemovePort.port: absent, string"),
      (
        "error LanExists", "error LanThere",
        "error LanExists: absent, (near: ?string, remedy: string, subject: string, what: string)"
      ),
      ("interface org.umbel.Agent", "interface org.umbel.Other", "org.umbel.Other is not org.umbel.Agent"),
    ])
  func difference(_ change: (old: String, new: String, found: String)) throws {
    let text = AgentInterface.definition.replacing(change.old, with: change.new)
    let definition = try InterfaceParser.parse(text)
    #expect(definition.differences(from: code).contains(change.found))
  }

  @Test("Every method refuses exactly the parameters that are not its own")
  func parameterNames() {
    for method in InterfaceDefinition.allMethods {
      #expect(Set(names(of: method)) == Set(code.methods[method.name.rawValue]!.input.keys))
    }
  }

  @Test("The errors of org.varlink.service are those of its definition")
  func serviceErrors() throws {
    let definition = try InterfaceParser.parse(ServiceInterface.definition)
    let errors: [ServiceError] = [
      .interfaceNotFound("a"), .methodNotFound("a"), .methodNotImplemented("a"), .invalidParameter("a"),
      .permissionDenied,
    ]
    #expect(definition.name == ServiceInterface.name)
    #expect(Set(errors.map(\.name)) == Set(definition.errors.keys.map { "\(definition.name).\($0)" }))
    for error in errors {
      let bytes = Array(Message.encode(Message.Reply(error: error.name, parameters: error)).dropLast())
      let fields = definition.errors[String(error.name.split(separator: ".").last!)]!
      #expect(Set(try Message.parameterNames(in: bytes)) == Set(fields.keys))
      #expect(ServiceError(name: error.name, bytes: bytes) == error)
    }
  }

  private func names<Method: AgentMethod>(of method: Method.Type) -> [String] { Method.Parameters.names }
}
