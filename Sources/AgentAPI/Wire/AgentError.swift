/// An error of `org.umbel.Agent`: what is wrong and what to do about it, in sentences for a person.
package struct AgentError: WireError, Hashable {
  /// Which error, by its name in the interface.
  package enum Kind: String, CaseIterable, Sendable {
    case noSuchLan = "NoSuchLan"
    case noSuchPort = "NoSuchPort"
    case noSuchTransport = "NoSuchTransport"
    case lanExists = "LanExists"
    case portExists = "PortExists"
    case noSuchMirror = "NoSuchMirror"
    case mirrorExists = "MirrorExists"
    case notPermitted = "NotPermitted"
    case invalidOption = "InvalidOption"
    case limitReached = "LimitReached"
    case configurationRefused = "ConfigurationRefused"
    case failed = "Failed"
  }

  /// What a reply carries.
  package struct Details: Codable, Hashable, Sendable {
    /// The name at fault.
    package var subject: String
    /// What is wrong: one sentence; of `configurationRefused` a line for each problem.
    package var what: String
    /// What to do: one sentence or more.
    package var remedy: String
    /// The existing name that is most like `subject`.
    package var near: String?

    package init(subject: String, what: String, remedy: String, near: String? = nil) {
      self.subject = subject
      self.what = what
      self.remedy = remedy
      self.near = near
    }
  }

  /// Which error.
  package let kind: Kind
  /// About what.
  package let details: Details

  package init(_ kind: Kind, _ details: Details) {
    self.kind = kind
    self.details = details
  }

  /// Reads what a reply carries; nil when `name` is another error, or the details are not those.
  package init?(name: String, bytes: [UInt8]) {
    let prefix = AgentInterface.name + "."
    guard name.hasPrefix(prefix), let kind = Kind(rawValue: String(name.dropFirst(prefix.count))),
      let details = try? Message.parameters(Details.self, from: bytes)
    else { return nil }
    self.init(kind, details)
  }

  package var name: String { "\(AgentInterface.name).\(kind.rawValue)" }

  package func encode(to encoder: any Encoder) throws { try details.encode(to: encoder) }
}
