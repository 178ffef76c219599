package import Switching
package import TransportHost

// What the agent can be told of every port, whatever its transport: options that stand beside the transport's own, in
// the configuration and at `umbel port add`. A transport that has an option of the same name keeps it to itself.
//
// Defaults depend on the role, on whether the guest came by itself, and on what its LAN says for all its guests.

/// What becomes of a frame that the underlay does not carry in one piece, and whose sender cannot be told.
package enum OversizePolicy: String, Hashable, Sendable, BitwiseCopyable, CaseIterable {
  /// It is sent; the underlay fragments it.
  case fragment
  case drop
}

/// The agent's own options of one port.
package struct PortSettings: Hashable, Sendable, BitwiseCopyable {
  /// Agents make themselves known to each other; trunks.
  package var hello = true
  /// A loop made outside shuts the port; guest ports.
  package var loopGuard = true
  /// The MSS of TCP connections is lowered to what passes in one piece.
  package var mssClamp = true
  /// Senders of frames that do not pass in one piece are told so by ICMP.
  package var tooBig = true
  /// Segments become super-frames where the transport takes them.
  package var coalesce = true
  package var oversize = OversizePolicy.fragment
  package var storm = StormLimits()

  /// All on, without limits.
  package init() {}
}

/// What a LAN says of its guest ports, unless one says otherwise itself.
package struct GuestDefaults: Hashable, Sendable {
  package var storm = StormLimits(broadcast: 20_000, multicast: 100_000, unknown: 100_000)
  /// nil: on for those of the configuration, off for those who came by a door or were handed a descriptor.
  package var loopGuard: Bool?

  package init() {}

  /// The settings of a port that says nothing.
  /// - Parameter isConfigured: a configuration or an administrator asked for it.
  package func settings(of role: TransportHost.PortRole, isConfigured: Bool = true) -> PortSettings {
    var settings = PortSettings()
    settings.hello = role == .trunk
    settings.loopGuard = role == .guest && (loopGuard ?? isConfigured)
    if role == .guest { settings.storm = storm }
    return settings
  }
}

extension PortSettings {
  /// All options of a port: the transport's, at their own indices, and behind them the agent's with these settings as
  /// their defaults.
  func options(of role: TransportHost.PortRole, beside transport: TransportDescription) -> [OptionDescription] {
    transport.options + ownOptions(of: role, beside: transport)
  }

  /// The agent's options of a port, with these settings as their defaults.
  func ownOptions(of role: TransportHost.PortRole, beside transport: TransportDescription) -> [OptionDescription] {
    PortOption.allCases
      .filter { $0.isOption(of: role) && !transport.hasOption($0.rawValue) }
      .map { $0.description(default: text(of: $0)) }
  }

  /// Takes the agent's values over, and returns those of the transport.
  /// - Parameter values: of ``options(of:beside:)``.
  mutating func take(
    _ values: [OptionValue], of options: [OptionDescription], beside transport: TransportDescription
  ) -> [OptionValue] {
    let first = transport.options.count
    for value in values where value.option >= first {
      if let option = PortOption(rawValue: options[value.option].name) { set(option, value) }
    }
    return values.filter { $0.option < first }
  }

  /// As a user would write it.
  func text(of option: PortOption) -> String {
    switch option {
    case .hello: "\(hello)"
    case .loopGuard: "\(loopGuard)"
    case .mssClamp: "\(mssClamp)"
    case .tooBig: "\(tooBig)"
    case .coalesce: "\(coalesce)"
    case .oversize: oversize.rawValue
    case .stormBroadcast: "\(storm.broadcast)"
    case .stormMulticast: "\(storm.multicast)"
    case .stormUnknown: "\(storm.unknown)"
    }
  }

  private mutating func set(_ option: PortOption, _ value: OptionValue) {
    let isOn = value.integer != 0
    let rate = UInt32(clamping: value.integer)
    switch option {
    case .hello: hello = isOn
    case .loopGuard: loopGuard = isOn
    case .mssClamp: mssClamp = isOn
    case .tooBig: tooBig = isOn
    case .coalesce: coalesce = isOn
    case .oversize: oversize = OversizePolicy.allCases[Int(value.integer)]
    case .stormBroadcast: storm.broadcast = rate
    case .stormMulticast: storm.multicast = rate
    case .stormUnknown: storm.unknown = rate
    }
  }
}

extension TransportDescription {
  func hasOption(_ name: String) -> Bool { options.contains { $0.name == name } }
}
