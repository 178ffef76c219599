import TransportHost

extension Agent {
  /// Why a port cannot be opened beside those there are: one of them has what an agent opens once.
  /// - Returns: who has what, and a sentence of what to do; nil: nothing is in the way.
  func obstacle(
    to transport: LoadedTransport, _ role: TransportHost.PortRole, _ values: [OptionValue]
  ) -> (what: String, remedy: String)? {
    let description = transport.description
    guard let resource = description.exclusiveResource(of: values, role: role) else { return nil }
    for port in lans.flatMap(\.ports) where port.transport === transport {
      guard let other = description.exclusiveResource(of: port.values, role: port.role) else { continue }
      switch resource.clash(with: other) {
      case nil: continue
      case .same: return ("\(port.path) has \(other.text)", "An agent opens it once: use that LAN, or name another.")
      case .roles(let claim):
        return (
          "\(port.path) has \(claim) as \(port.role.word)", "A guest port and a trunk cannot share it: name another."
        )
      }
    }
    return nil
  }
}
