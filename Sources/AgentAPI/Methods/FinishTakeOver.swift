/// The caller goes on from here: the agent's process ends, and closes nothing.
package enum FinishTakeOver: AgentMethod {
  package static let name = MethodName.finishTakeOver
  package typealias Parameters = Nothing
  package typealias Reply = Nothing
}
