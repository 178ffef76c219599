/// A method of `org.umbel.Agent`.
package protocol AgentMethod {
  associatedtype Parameters: MethodParameters
  associatedtype Reply: Codable, Sendable
  static var name: MethodName { get }
}

/// What a method takes.
package protocol MethodParameters: Codable, Hashable, Sendable {
  /// The names of all its fields; a request with any other is refused.
  static var names: [String] { get }
}

/// No parameters, or an answer that says nothing but that it is done.
package struct Nothing: MethodParameters {
  package static let names: [String] = []
  package init() {}
}
