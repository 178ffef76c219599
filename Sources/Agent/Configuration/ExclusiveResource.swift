package import TransportHost

// What two ports of one agent must not both hold. The plugin ABI has no word for it, so the rule stands here: for each
// transport the options that together name the thing.

private let exclusiveOptions = [
  "mcast": ["group", "port", "interface"], "tap": ["device"], "vxlan": ["vni", "port"],
]

extension TransportDescription {
  /// A text that two ports share exactly when they would open the same thing; an agent opens it once.
  /// - Parameter values: what `values(from:)` returned.
  /// - Returns: the identity, as it may stand in a sentence; nil: the port excludes no other.
  package func exclusiveResource(of values: [OptionValue]) -> String? {
    let parts = (exclusiveOptions[name] ?? []).compactMap { option in
      value(option, in: values).map { "\(option) \($0.text)" }
    }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  /// The option at which a clash is shown.
  var exclusiveOption: String? { exclusiveOptions[name]?.first }
}
