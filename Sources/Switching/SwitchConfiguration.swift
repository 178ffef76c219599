/// What is done with frames to 01:80:C2:00:00:00–0F.
package enum ControlProtocolPolicy: Sendable {
  /// They are forwarded as other multicast: guests run LACP, LLDP and STP among themselves.
  case pass
  /// They are dropped as ``DropReason/controlProtocol``.
  case drop
}

/// The limits and times of a ``Switch``. What may change while it lives says so.
package struct SwitchConfiguration: Equatable, Sendable {
  /// The most stations that are learned; see ``fdbEntryRange``.
  package var fdbEntries = 65_536
  /// A station that has sent nothing for this many seconds is forgotten; 1 or more. May change.
  package var ageingSeconds: UInt32 = 300
  /// The most stations learned on a guest port, unless the port says otherwise. Trunks have no limit. May change.
  package var guestLearnLimit: UInt32 = 1_024
  /// The most ports at one time; see ``portRange``.
  package var maximumPorts = 4_096
  /// May change.
  package var controlProtocols = ControlProtocolPolicy.pass
  /// A station that moves between ports more often than this within ``flapWindowSeconds`` is pinned; 1–7.
  package var flapMoves: UInt16 = 5
  /// 1–32,767 seconds.
  package var flapWindowSeconds: UInt16 = 180
  /// How long a pinned station stays pinned; 1–32,767 seconds.
  package var pinSeconds: UInt16 = 180

  /// The defaults.
  package init() {}

  /// What ``fdbEntries`` may be.
  package static let fdbEntryRange = 1...1_048_576
  /// What ``maximumPorts`` may be: a port's index has 16 bits.
  package static let portRange = 1...65_535
}
