/// Whether a forwarding thread goes on asking for the next frame after the last, instead of sleeping.
package enum BusyPoll: Hashable, Sendable {
  /// It sleeps at once.
  case off
  /// While requests and answers come one by one and quickly; see `BusyPolling`.
  case auto
  /// For so long after each frame.
  case always(nanoseconds: UInt64)

  /// As it stands in the configuration.
  package var text: String {
    switch self {
    case .off: "off"
    case .auto: "auto"
    case .always(let nanoseconds): "\(nanoseconds / 1_000)us"
    }
  }
}
