/// The agent and everything it runs, at a glance.
package enum Status: AgentMethod {
  package static let name = MethodName.status
  package typealias Parameters = Nothing

  package struct Reply: Codable, Hashable, Sendable {
    /// Of the agent.
    package var version: String
    /// Of the agent, in its PID namespace.
    package var processId: Int
    /// Since the agent began.
    package var uptimeSeconds: Int
    /// Absolute; holds the sockets.
    package var runtimeDirectory: String
    /// One sentence, the same that the service manager shows.
    package var text: String
    /// Sorted by name.
    package var lans: [Lan]
    /// Sorted by index.
    package var forwardingThreads: [ForwardingThread]

    package init(
      version: String, processId: Int, uptimeSeconds: Int, runtimeDirectory: String, text: String, lans: [Lan],
      forwardingThreads: [ForwardingThread]
    ) {
      self.version = version
      self.processId = processId
      self.uptimeSeconds = uptimeSeconds
      self.runtimeDirectory = runtimeDirectory
      self.text = text
      self.lans = lans
      self.forwardingThreads = forwardingThreads
    }
  }
}
