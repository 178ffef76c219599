import Ethernet

// Storm control: of the frames that a port brings in, those that go to all ports are counted by the second and, beyond
// the port's limit, dropped. A frame to a known station costs nothing. A second is one value of the switch's clock, so
// at the turn of two of them up to twice the limit may pass one after the other.

/// How many frames of each kind a port has brought in to all ports within this second. All bits zero: none, no limits.
struct StormMeter: BitwiseCopyable {
  private var second: UInt32 = 0
  private var counts = StormLimits()
  private let limits: StormLimits
  private let isLimited: Bool
  /// Why a frame was refused since the last ``take()``.
  private var refused: DropReason?

  init(_ limits: StormLimits) {
    self.limits = limits
    isLimited = limits != StormLimits()
  }

  /// Counts a frame that is to go to all ports.
  /// - Parameter now: seconds; one that differs from the last begins anew.
  /// - Returns: why it may not; nil: it may.
  mutating func refusal(_ destination: MACAddress, now: UInt32) -> DropReason? {
    if !isLimited { return nil }
    if now != second {
      second = now
      counts = StormLimits()
    }
    let reason = excess(destination)
    if reason != nil { refused = reason }
    return reason
  }

  private mutating func excess(_ destination: MACAddress) -> DropReason? {
    if !destination.isGroup { return StormMeter.isOver(&counts.unknown, limits.unknown) ? .stormUnknown : nil }
    if destination.isBroadcast {
      return StormMeter.isOver(&counts.broadcast, limits.broadcast) ? .stormBroadcast : nil
    }
    return StormMeter.isOver(&counts.multicast, limits.multicast) ? .stormMulticast : nil
  }

  private static func isOver(_ count: inout UInt32, _ limit: UInt32) -> Bool {
    if count < limit {
      count &+= 1
      return false
    }
    return limit != 0
  }

  /// Why a frame was refused since the last call; nil: none was.
  mutating func take() -> DropReason? {
    defer { refused = nil }
    return refused
  }
}
