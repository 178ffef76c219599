/// What has happened at a port since it was added.
package struct PortStatistics: Equatable, Sendable {
  /// Frames that came in, dropped ones included.
  package let receivedFrames: UInt64
  package let receivedBytes: UInt64
  /// Frames that the transport took.
  package let sentFrames: UInt64
  package let sentBytes: UInt64
  /// Frames that came in and went to all ports.
  package let flooded: UInt64
  /// Stations that moved here from another port.
  package let moves: UInt64
  /// Frames whose source was not learned because the FDB was full.
  package let refusedTableFull: UInt64
  /// Frames whose source was not learned because the port had reached its limit.
  package let refusedPortLimit: UInt64
  /// Frames whose source was not learned because the station is pinned at another port.
  package let refusedPinned: UInt64
  /// TCP segments that came in or went out with a lowered MSS.
  package let mssClamped: UInt64
  /// Frames that went out although the underlay carries them in pieces only.
  package let fragmented: UInt64
  /// Frames that were cut, for the port does not take them whole, and what they became.
  package let segmentedFrames: UInt64
  package let segments: UInt64
  /// Frames that were made of several segments on their way out.
  package let coalescedFrames: UInt64
  /// Segments that those were made of.
  package let coalescedSegments: UInt64
  /// One value for each case of ``DropReason``, in their order.
  package let drops: [UInt64]

  /// Frames dropped for one reason.
  package subscript(reason: DropReason) -> UInt64 { drops[Int(reason.rawValue)] }

  /// Frames dropped for any reason.
  package var dropped: UInt64 { drops.reduce(0, &+) }
}
