/// The type of an option: what texts it takes. Raw values are those of `UMBEL_OPTION_*` in `umbel_transport.h`.
package enum OptionKind: UInt32, Sendable, CaseIterable {
  /// Any text.
  case string = 0
  /// A whole number, decimal.
  case integer = 1
  /// `true`, `false`, `yes`, `no`, `on` or `off`.
  case boolean = 2
  /// One of the option's choices.
  case choice = 3
  /// Several texts.
  case list = 4
  /// A span of numbers, `4000-5000`, or a single number.
  case range = 5
  /// A number with `ns`, `us`, `ms`, `s`, `min` or `h`.
  case duration = 6
  /// A number of bytes, alone or with `K`, `M` or `G` (1,024 each).
  case size = 7
  /// An IPv4 or IPv6 address.
  case address = 8
  /// The name of a network interface; it need not exist.
  case interface = 9
  /// A host name or an address.
  case host = 10
}
