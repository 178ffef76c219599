package import Ethernet

/// What the FDB is asked for: VLAN id and address in one word, with a bit that an empty slot does not have.
package struct FDBKey: BitwiseCopyable, Hashable, Sendable {
  package let rawValue: UInt64

  static var occupied: UInt64 { 1 << 63 }
  /// The key of a slot never used.
  static var empty: FDBKey { FDBKey(rawValue: 0) }

  private init(rawValue: UInt64) { self.rawValue = rawValue }

  @inline(__always) package init(vlan: UInt16, address: MACAddress) {
    rawValue = FDBKey.occupied | UInt64(vlan) << 48 | address.rawValue
  }

  /// VLAN id, 0–4,095.
  package var vlan: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 48) & 0xfff }
  package var address: MACAddress { MACAddress(truncating: rawValue) }
}

/// One slot of the FDB: 32 bytes, two a cache line. All bits zero: empty.
struct FDBEntry: BitwiseCopyable {
  var key: FDBKey
  /// The port's incarnation when this was learned. With another one the port's entries are stale.
  var incarnation: UInt32
  var port: PortIndex
  /// Where the station was before its first move in the window; see ``flap``.
  var originPort: PortIndex
  var remote: Remote
  /// When the station was last heard, in seconds.
  var lastSeen: UInt32
  /// When the window, or the pin, began: the lower 16 bits of the seconds. The sweep clears ``flap`` when it is over,
  /// long before these come round again.
  var windowStart: UInt16
  var flap: FlapState
}

/// How a station has moved, in 16 bits. Zero: it has not, and is not pinned.
struct FlapState: BitwiseCopyable, Equatable {
  private var bits: UInt16 = 0

  static let mostMoves: UInt16 = 7
  private static let pin: UInt16 = 0x8000

  /// Nothing is known of earlier moves.
  init() {}

  /// - Parameter origin: the incarnation of the port where the window begins. Its lower 12 bits are kept: they tell the
  ///   port from the next 4,095 that were added after it, should one of them have its index.
  init(moves: UInt16, origin: UInt32) {
    bits = moves << 12 | UInt16(truncatingIfNeeded: origin) & 0xfff
  }

  /// The station stays where it is.
  static var pinned: FlapState {
    var state = FlapState()
    state.bits = pin
    return state
  }

  var isPinned: Bool { bits & FlapState.pin != 0 }
  /// Moves in the window.
  var moves: UInt16 { (bits >> 12) & FlapState.mostMoves }

  mutating func countMove() { bits &+= 1 << 12 }

  func isOrigin(_ incarnation: UInt32) -> Bool { UInt16(truncatingIfNeeded: incarnation) & 0xfff == bits & 0xfff }
}
