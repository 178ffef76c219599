import TransportHost

/// The options that the agent has for every port. Raw values are the keys.
enum PortOption: String, CaseIterable {
  case hello
  case loopGuard = "loop-guard"
  case mssClamp = "mss-clamp"
  case tooBig = "too-big"
  case coalesce
  case oversize
  case stormBroadcast = "storm-broadcast"
  case stormMulticast = "storm-multicast"
  case stormUnknown = "storm-unknown"

  /// The role whose ports alone have it; nil: all ports.
  var onlyRole: PortRole? {
    switch self {
    case .hello: .trunk
    case .loopGuard: .guest
    default: nil
    }
  }

  func isOption(of role: PortRole) -> Bool { onlyRole == nil || onlyRole == role }

  /// Why a port of the other role does not have it; to be read after the name.
  var misplacement: String? {
    onlyRole.map { "is an option of \($0.word) ports, and this is a \($0 == .trunk ? "guest" : "trunk") port" }
  }

  func description(default text: String?) -> OptionDescription {
    switch self {
    case .oversize:
      OptionDescription(
        name: rawValue, help: help, defaultText: text, choices: OversizePolicy.allCases.map(\.rawValue), kind: .choice)
    case .stormBroadcast, .stormMulticast, .stormUnknown:
      OptionDescription(
        name: rawValue, help: help, defaultText: text, minimum: 0, maximum: Int64(UInt32.max), kind: .integer)
    case .hello, .loopGuard, .mssClamp, .tooBig, .coalesce:
      OptionDescription(name: rawValue, help: help, defaultText: text, kind: .boolean)
    }
  }

  private var help: String {
    switch self {
    case .hello: "Agents make themselves known to each other."
    case .loopGuard: "A loop made outside the agent shuts the port."
    case .mssClamp: "Lower the MSS of TCP connections to what passes unfragmented."
    case .tooBig: "Tell senders by ICMP of frames that do not pass unfragmented."
    case .coalesce: "Merge segments on their way to a port that takes super-frames."
    case .oversize: "What becomes of others that do not pass unfragmented."
    case .stormBroadcast: "The most broadcasts that come in, frames a second; 0: any number."
    case .stormMulticast: "The most multicasts that come in, frames a second; 0: any number."
    case .stormUnknown: "The most frames to stations not known that come in, a second; 0: any number."
    }
  }
}
