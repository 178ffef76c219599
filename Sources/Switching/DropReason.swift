/// Every way in which a frame can end other than being sent.
///
/// A frame that is received is forwarded to at least one port, or counted under one reason at the port it came in by.
/// A frame that is offered to a port is sent, waits in the port's queue, or is counted under one reason at that port.
package enum DropReason: UInt8, BitwiseCopyable, CaseIterable, Sendable {
  // Counted by the switch, at the port that the frame came in by.

  /// The frame is shorter than its header: 14 bytes, 18 with a VLAN tag.
  case runt
  /// A segment of the frame is longer than 9,216 bytes.
  case oversize
  /// The source address is a group address or zero.
  case invalidSource
  /// A MAC control frame (EtherType 0x8808): pause is between two neighbours, never through a switch.
  case pauseFrame
  /// The destination is 01:80:C2:00:00:00–0F and the LAN's policy is to drop these.
  case controlProtocol
  /// The destination is behind the port that the frame came in by.
  case sameSegment
  /// The frame came in by a trunk and its destination is behind a trunk.
  case splitHorizon
  /// There is no other port that the frame could go to.
  case noRecipients
  /// The frame is an agent's own, a hello or a probe (EtherType 0x88b6, "UMBL"): it ends at the agent that hears it.
  case hello
  /// The port brings in more broadcasts a second than it may.
  case stormBroadcast
  /// The port brings in more frames to groups a second than it may.
  case stormMulticast
  /// The port brings in more frames a second to stations that are not known than it may.
  case stormUnknown

  // Counted by the agent, at the port that the frame came in by.

  /// The transport described the frame wrongly: its pieces do not make up its length.
  case malformed
  /// The frame came in by a guest port and is itself a datagram by which a trunk of this agent reaches other hosts: a
  /// bridge leads the underlay into the LAN, and carried on the datagram would go round for ever.
  case ownUnderlay
  /// The frame came in by the second of two paths to one agent, which sends it by the first as well.
  case duplicatePath
  /// The frame came in by a mirror's target, which takes nothing in.
  case mirrorPort

  // Counted at either end.

  /// The port that the frame came in by, or should go out by, is down.
  case portDown
  /// The port was removed while the frame was on its way.
  case portRemoved

  // Counted by the agent, at the port that the frame should go out by.

  /// The port's queue is full: its peer reads too slowly.
  case queueFull
  /// The frame, or a segment of it, is longer than the port takes.
  case tooLargeForPort
  /// The frame does not pass the underlay in one piece, and its sender was told so, or has been told often enough.
  case tooBig
  /// The frame does not pass the underlay in one piece, and the port's policy is to drop these.
  case oversizeForPath
  /// The transport refused the frame for good.
  case sendFailed
  /// The frame needs an offload that the port does not have and that cannot be carried out: its metadata is malformed.
  case unsupportedOffload

  /// The name in the control interface: words joined by hyphens.
  package var name: String {
    switch self {
    case .runt: "runt"
    case .oversize: "oversize"
    case .invalidSource: "invalid-source"
    case .pauseFrame: "pause-frame"
    case .controlProtocol: "control-protocol"
    case .sameSegment: "same-segment"
    case .splitHorizon: "split-horizon"
    case .noRecipients: "no-recipients"
    case .hello: "hello"
    case .stormBroadcast: "storm-broadcast"
    case .stormMulticast: "storm-multicast"
    case .stormUnknown: "storm-unknown"
    case .malformed: "malformed"
    case .ownUnderlay: "own-underlay"
    case .duplicatePath: "duplicate-path"
    case .mirrorPort: "mirror-port"
    case .portDown: "port-down"
    case .portRemoved: "port-removed"
    case .queueFull: "queue-full"
    case .tooLargeForPort: "too-large-for-port"
    case .tooBig: "too-big"
    case .oversizeForPath: "oversize-for-path"
    case .sendFailed: "send-failed"
    case .unsupportedOffload: "unsupported-offload"
    }
  }
}
