import AgentAPI

/// What the agent says about itself: the interface `org.varlink.service`.
struct VarlinkIntrospection {
  /// The agent's, as GetInfo shows it.
  let version: String

  /// Answers a request of that interface.
  /// - Parameters:
  ///   - member: the method, without the interface.
  ///   - message: the whole request.
  /// - Returns: a reply's bytes.
  func answer(_ member: String, _ message: [UInt8]) throws(ServiceError) -> [UInt8] {
    switch member {
    case "GetInfo":
      return Message.encode(Message.Reply(parameters: Information(version: version)))
    case "GetInterfaceDescription":
      let asked = try Self.interface(in: message)
      guard let text = definitions[asked] else { throw .interfaceNotFound(asked) }
      return Message.encode(Message.Reply(parameters: Description(description: text)))
    default:
      throw .methodNotFound("\(ServiceInterface.name).\(member)")
    }
  }

  private var definitions: [String: String] {
    [AgentInterface.name: AgentInterface.definition, ServiceInterface.name: ServiceInterface.definition]
  }

  private static func interface(in message: [UInt8]) throws(ServiceError) -> String {
    do throws(Message.Malformed) {
      return try Message.parameters(Question.self, from: message).interface
    } catch {
      throw .invalidParameter(error.field)
    }
  }

  private struct Information: Encodable {
    let vendor = "Umbel"
    let product = "umbeld"
    let version: String
    let url = ""
    let interfaces = [AgentInterface.name, ServiceInterface.name]
  }

  private struct Question: Decodable { let interface: String }

  private struct Description: Encodable { let description: String }
}
