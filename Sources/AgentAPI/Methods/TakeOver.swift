/// Hands over, a part a call, all that outlives the agent's process. See `FinishTakeOver`.
package enum TakeOver: AgentMethod {
  package static let name = MethodName.takeOver
  package typealias Parameters = Nothing

  package struct Reply: Codable, Hashable, Sendable {
    /// Of the descriptors of this message, in their order. The first of all is a file that says what the others are, in a
    /// format that is the agent's own.
    package var names: [String]
    /// These were the last.
    package var complete: Bool
    /// Variables of the environment by which the service manager is spoken to.
    package var environment: [String: String]

    package init(names: [String], complete: Bool, environment: [String: String]) {
      self.names = names
      self.complete = complete
      self.environment = environment
    }
  }
}
