package import AgentAPI

/// Why a command failed: sentences with what to do next, and how the program ends.
package struct Failure: Error, Equatable {
  package let status: ExitStatus
  package let text: String

  package init(_ status: ExitStatus, _ text: String) {
    self.status = status
    self.text = text
  }

  package init(_ error: AgentError) {
    let status: ExitStatus =
      switch error.kind {
      case .noSuchLan, .noSuchPort, .noSuchTransport, .noSuchMirror: .noInput
      case .lanExists, .portExists, .mirrorExists, .limitReached: .cannotCreate
      case .notPermitted: .noPermission
      case .invalidOption: .usage
      case .configurationRefused: .configuration
      case .failed: .osError
      }
    // Places of a file each stand at the beginning of a line, where editors find them.
    let what =
      error.kind == .configurationRefused
      ? "The configuration is refused.\n\(error.details.what)\n" : "\(error.details.what) "
    self.init(status, what + error.details.remedy)
  }

  package init(_ error: ClientError) {
    switch error {
    case .noAgent(let path):
      self.init(
        .unavailable,
        "No agent answers at \(path). Start one with `sudo umbeld`, or name its socket with --socket.")
    case .notPermitted(let path):
      self.init(
        .noPermission,
        "The agent's socket \(path) is closed to you. Join its group (`sudo usermod -aG umbel $USER`, then log in again), "
          + "or use sudo.")
    case .timedOut(let path, let seconds):
      self.init(
        .unavailable,
        "The agent at \(path) did not answer within \(seconds) s. See what it is doing with `journalctl -u umbeld`, "
          + "or start it again.")
    case .closed(let path):
      self.init(.unavailable, "The agent at \(path) ended the connection. See why with `journalctl -u umbeld`.")
    case .system(let path, let error):
      self.init(.unavailable, "\(path): \(error). Name the agent's control socket with --socket.")
    case .malformed(let what):
      self.init(
        .badProtocol,
        "The answer is not one of \(AgentInterface.name): \(what). Is --socket the control socket of an agent of version "
          + "\(umbelVersion)?")
    case .refused(let error): self.init(error)
    case .service(let error): self.init(error)
    case .unknown(let name):
      self.init(.badProtocol, "The agent answered \(name), which umbel \(umbelVersion) does not know. \(Self.versions)")
    }
  }

  private init(_ error: ServiceError) {
    switch error {
    case .interfaceNotFound(let name), .methodNotFound(let name), .methodNotImplemented(let name):
      self.init(.badProtocol, "The agent has no \(name). \(Self.versions)")
    case .invalidParameter(let name):
      self.init(.badProtocol, "The agent does not take parameter \(name). \(Self.versions)")
    case .permissionDenied:
      self.init(.noPermission, "The agent does not let you do this. Use sudo.")
    }
  }

  private static let versions = "Use the umbel that was installed with that agent."
}
