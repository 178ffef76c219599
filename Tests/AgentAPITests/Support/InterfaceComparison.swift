import AgentAPI

extension InterfaceDefinition {
  /// The interface that the module's types make.
  static func fromCode() -> InterfaceDefinition {
    let schema = Schema()
    var result = InterfaceDefinition()
    result.name = AgentInterface.name
    func add<Method: AgentMethod>(_ method: Method.Type) {
      result.methods[method.name.rawValue] = .init(
        input: schema.fields(of: Method.Parameters.self), output: schema.fields(of: Method.Reply.self))
    }
    for method in allMethods { add(method) }
    for kind in AgentError.Kind.allCases { result.errors[kind.rawValue] = schema.fields(of: AgentError.Details.self) }
    result.types = schema.types
    return result
  }

  static var allMethods: [any AgentMethod.Type] {
    [
      Status.self, ListLans.self, AddLan.self, RemoveLan.self, ListPorts.self, AddPort.self, RemovePort.self,
      ListMirrors.self, AddMirror.self, RemoveMirror.self,
      ListStations.self, ListPeers.self, ListTransports.self, Attach.self, ListGuests.self, Reload.self,
      MeasurePeers.self, Capture.self, OpenRecorder.self, TakeOver.self, FinishTakeOver.self,
    ]
  }

  /// A line for each thing in which the two are not the same.
  func differences(from other: InterfaceDefinition) -> [String] {
    let types = Self.differences("type", types, other.types)
    let errors = Self.differences("error", errors.mapValues(Kind.structure), other.errors.mapValues(Kind.structure))
    let inputs = Self.differences(
      "input of", methods.mapValues { Kind.structure($0.input) }, other.methods.mapValues { .structure($0.input) })
    let outputs = Self.differences(
      "output of", methods.mapValues { Kind.structure($0.output) }, other.methods.mapValues { .structure($0.output) })
    return (name == other.name ? [] : ["\(name) is not \(other.name)"]) + types + errors + inputs + outputs
  }

  private static func differences(_ what: String, _ mine: [String: Kind], _ others: [String: Kind]) -> [String] {
    Set(mine.keys).union(others.keys).sorted().flatMap { name -> [String] in
      switch (mine[name], others[name]) {
      case (.structure(let first)?, .structure(let second)?):
        return Set(first.keys).union(second.keys).sorted()
          .filter { first[$0] != second[$0] }
          .map { "\(what) \(name).\($0): \(text(first[$0])), \(text(second[$0]))" }
      case (let first, let second):
        return first == second ? [] : ["\(what) \(name): \(text(first)), \(text(second))"]
      }
    }
  }

  private static func text(_ kind: Kind?) -> String { kind.map { "\($0)" } ?? "absent" }
}
