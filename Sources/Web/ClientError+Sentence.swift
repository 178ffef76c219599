package import AgentAPI

extension ClientError {
  /// What is wrong and what to do, for a person who looks at the page.
  package var sentence: String {
    switch self {
    case .noAgent(let path): "No agent answers at \(path). Start it: sudo systemctl start umbeld."
    case .notPermitted: Self.closed
    case .refused(let error) where error.kind == .notPermitted: Self.closed
    case .timedOut(let path, let seconds):
      "The agent at \(path) did not answer within \(seconds) s. See what it does: journalctl -u umbeld."
    case .closed(let path): "The agent at \(path) ended the connection. See why: journalctl -u umbeld."
    case .system(let path, let error): "\(path): \(error)."
    case .refused(let error): "\(error.details.what) \(error.details.remedy)"
    case .malformed, .service, .unknown:
      "The agent's answer is not understood: umbel-web is of version \(umbelVersion). Use that which came with the agent."
    }
  }

  private static let closed = "The agent does not let umbel-web ask. Let its user be in the agent's group, umbel."
}
