import CTransport

/// The state of a port, as the host shows it.
public struct PortState: Equatable, Sendable {
  /// Where a port is in its life: opening → waiting ⇄ up → failed | closing.
  public enum Phase: UInt32, Sendable {
    case opening, waiting, up, failed, closing
  }

  /// What `send` does itself with frames that are not finished.
  public struct Offloads: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let checksum = Offloads(rawValue: UMBEL_TAKES_CHECKSUM)
    public static let tcpIPv4 = Offloads(rawValue: UMBEL_TAKES_TCPV4)
    public static let tcpIPv6 = Offloads(rawValue: UMBEL_TAKES_TCPV6)
    public static let udp = Offloads(rawValue: UMBEL_TAKES_UDP_L4)
  }

  public let phase: Phase
  /// Why, for a person; empty: nothing to say.
  public let text: String
  /// A positive error number; 0: none.
  public var error: Int32 = 0
  /// Bytes a segment that `send` takes; 0: as many as any segment may have.
  public var largestFrame: UInt32 = 0
  /// Pieces a frame that `send` takes; 0: one.
  public var mostPieces: UInt32 = 0
  public var offloads: Offloads = []
  /// Bytes of the longest frame that leaves this host unfragmented; 0: any does.
  public var wholeFrame: UInt32 = 0
  /// Whether `send` heeds ``OutgoingFrame/staysWhole``.
  public var keepsWhole = false

  private init(_ phase: Phase, _ text: String) {
    self.phase = phase
    self.text = text
  }

  /// What is missing may come by itself.
  public static func waiting(_ text: String, error: Int32 = 0) -> PortState {
    var state = PortState(.waiting, text)
    state.error = error
    return state
  }

  /// Frames pass.
  /// - Parameters:
  ///   - largestFrame: bytes a segment that `send` takes; 0: as many as any segment may have.
  ///   - mostPieces: pieces a frame that `send` takes.
  ///   - wholeFrame: bytes of the longest frame that leaves this host unfragmented; 0: any does.
  ///   - keepsWhole: whether `send` heeds ``OutgoingFrame/staysWhole``.
  public static func up(
    _ text: String = "", largestFrame: UInt32 = 0, mostPieces: UInt32 = 1, offloads: Offloads = [],
    wholeFrame: UInt32 = 0, keepsWhole: Bool = false
  ) -> PortState {
    var state = PortState(.up, text)
    state.largestFrame = largestFrame
    state.mostPieces = mostPieces
    state.offloads = offloads
    state.wholeFrame = wholeFrame
    state.keepsWhole = keepsWhole
    return state
  }

  /// Cannot go on; the host stops the port and shows the text.
  public static func failed(_ text: String, error: Int32 = 0) -> PortState {
    var state = PortState(.failed, text)
    state.error = error
    return state
  }

  /// The peer ended it; the host removes the port.
  public static func closing(_ text: String, error: Int32 = 0) -> PortState {
    var state = PortState(.closing, text)
    state.error = error
    return state
  }
}
