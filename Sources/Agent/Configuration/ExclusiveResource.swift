package import TransportHost

// What two ports of one agent must not both hold. The plugin ABI has no word for it, so the rule stands here: for each
// transport the options that together name the thing, and the option whose value belongs to one role alone. A multicast
// group is of that kind: for a guest port a route keeps it on this host, from where no trunk of it can leave.

private let exclusiveOptions = [
  "mcast": ["group", "port", "interface"], "tap": ["device"], "vxlan": ["vni", "port"],
]
private let optionsOfOneRole = ["mcast": "group"]
/// The option that names a socket which ports of several LANs share. One forwarding thread serves it, and all these LANs.
private let optionsOfSharedSockets = ["vxlan": "port"]

/// What one port opens, and no other may.
package struct ExclusiveResource: Sendable {
  /// As it may stand in a sentence, "group 239.192.168.1 port 1102": the same text is the same thing.
  package let text: String
  /// What only ports of this role may share; nil: nothing.
  private let claim: String?
  private let role: PortRole

  /// Why two ports cannot both be.
  package enum Clash: Sendable {
    /// They would open the same thing.
    case same
    /// One claims for guests what the other uses as a trunk.
    case roles(String)
  }

  fileprivate init(text: String, claim: String?, role: PortRole) {
    self.text = text
    self.claim = claim
    self.role = role
  }

  /// - Parameter other: of a port of the same transport.
  /// - Returns: nil: both may be.
  package func clash(with other: ExclusiveResource) -> Clash? {
    if let claim, claim == other.claim, role != other.role { return .roles(claim) }
    return text == other.text ? .same : nil
  }
}

extension TransportDescription {
  /// What a port would hold; an agent opens it once.
  /// - Parameter values: what `values(from:)` returned.
  /// - Returns: nil: the port excludes no other.
  package func exclusiveResource(of values: [OptionValue], role: PortRole) -> ExclusiveResource? {
    func named(_ option: String) -> String? { value(option, in: values).map { "\(option) \($0.text)" } }
    let parts = (exclusiveOptions[name] ?? []).compactMap(named)
    if parts.isEmpty { return nil }
    return ExclusiveResource(
      text: parts.joined(separator: " "), claim: optionsOfOneRole[name].flatMap(named), role: role)
  }

  /// What other LANs' ports may have in common with a port, so that one forwarding thread has to run them all; nil:
  /// nothing.
  package func sharedSocket(of values: [OptionValue]) -> String? {
    optionsOfSharedSockets[name].flatMap { value($0, in: values) }.map { "\(name) \($0.text)" }
  }

  /// The option at which a clash is shown.
  var exclusiveOption: String? { exclusiveOptions[name]?.first }
}
