package import TransportHost

/// One port of a configuration.
package struct PortConfiguration: Hashable, Sendable {
  /// As LAN names; unique in its LAN.
  package let name: String
  /// The name of a transport that there is.
  package let transport: String
  package let role: PortRole
  /// Of all options that are given or have a default, in the order of the transport's table.
  package let values: [OptionValue]
  /// The agent's own options.
  package let settings: PortSettings
  package let location: SourceLocation

  package init(
    name: String, transport: String, role: PortRole, values: [OptionValue], settings: PortSettings,
    location: SourceLocation
  ) {
    self.name = name
    self.transport = transport
    self.role = role
    self.values = values
    self.settings = settings
    self.location = location
  }

  /// All but the place.
  package static func == (one: PortConfiguration, other: PortConfiguration) -> Bool {
    one.name == other.name && one.transport == other.transport && one.role == other.role && one.values == other.values
      && one.settings == other.settings
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
