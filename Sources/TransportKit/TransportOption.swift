/// One option of a transport. The agent checks configurations against it, and writes help and completions from it.
///
/// Names are `[a-z][a-z0-9-]*`; "name", "transport" and "role" belong to the agent. Help is one line that says units and
/// range. A default is written as a user would write it.
public struct TransportOption: Sendable {
  /// The types of `umbel_transport.h`, UMBEL_OPTION_*.
  enum Kind: UInt32 {
    case string, integer, boolean, choice, list, range, duration, size, address, interface, host
  }

  /// What a change or an absence of the option means.
  public struct Traits: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Must be given.
    public static let required = Traits(rawValue: 1)
    /// May change while the port runs, by `prepare` and `commit`; other options reopen the port.
    public static let live = Traits(rawValue: 2)
  }

  public let name: String
  let help: String
  let kind: Kind
  let traits: Traits
  var defaultText: String?
  var choices: [String] = []
  var limits: ClosedRange<Int64>?

  private init(_ name: String, _ kind: Kind, _ traits: Traits, _ defaultText: String?, _ help: String) {
    self.name = name
    self.kind = kind
    self.traits = traits
    self.defaultText = defaultText
    self.help = help
  }

  private func limited(_ limits: ClosedRange<Int64>?) -> TransportOption {
    var option = self
    option.limits = limits
    return option
  }

  /// Any text.
  public static func string(_ name: String, default text: String? = nil, _ traits: Traits = [], help: String) -> Self {
    Self(name, .string, traits, text, help)
  }

  /// A decimal number.
  public static func integer(
    _ name: String, in limits: ClosedRange<Int64>? = nil, default value: Int64? = nil, _ traits: Traits = [],
    help: String
  ) -> Self {
    Self(name, .integer, traits, value.map { "\($0)" }, help).limited(limits)
  }

  /// Yes or no.
  public static func boolean(_ name: String, default value: Bool? = nil, _ traits: Traits = [], help: String) -> Self {
    Self(name, .boolean, traits, value.map { "\($0)" }, help)
  }

  /// One of some words.
  public static func choice(
    _ name: String, of choices: [String], default text: String? = nil, _ traits: Traits = [], help: String
  ) -> Self {
    var option = Self(name, .choice, traits, text, help)
    option.choices = choices
    return option
  }

  /// Texts.
  public static func list(_ name: String, _ traits: Traits = [], help: String) -> Self {
    Self(name, .list, traits, nil, help)
  }

  /// "4000-5000", or one number.
  public static func range(
    _ name: String, in limits: ClosedRange<Int64>? = nil, default text: String? = nil, _ traits: Traits = [],
    help: String
  ) -> Self {
    Self(name, .range, traits, text, help).limited(limits)
  }

  /// A time: a number and ns, us, ms, s, min or h.
  /// - Parameter limits: in nanoseconds.
  public static func duration(
    _ name: String, in limits: ClosedRange<Int64>? = nil, default text: String? = nil, _ traits: Traits = [],
    help: String
  ) -> Self {
    Self(name, .duration, traits, text, help).limited(limits)
  }

  /// A number of bytes, alone or with K, M or G (1,024 each).
  /// - Parameter limits: in bytes.
  public static func size(
    _ name: String, in limits: ClosedRange<Int64>? = nil, default text: String? = nil, _ traits: Traits = [],
    help: String
  ) -> Self {
    Self(name, .size, traits, text, help).limited(limits)
  }

  /// An IPv4 or IPv6 address.
  public static func address(_ name: String, default text: String? = nil, _ traits: Traits = [], help: String) -> Self {
    Self(name, .address, traits, text, help)
  }

  /// The name of a network interface, which need not exist.
  public static func interface(_ name: String, _ traits: Traits = [], help: String) -> Self {
    Self(name, .interface, traits, nil, help)
  }

  /// A host name or an address, for ``HostPort/resolve(_:token:)``.
  public static func host(_ name: String, default text: String? = nil, _ traits: Traits = [], help: String) -> Self {
    Self(name, .host, traits, text, help)
  }
}
