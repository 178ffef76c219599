import LinuxIO
import TransportKit

/// What a port is to do, as the control thread has found it out.
struct VXLANPlan: Equatable {
  /// A configured peer.
  struct Peer: Equatable {
    var address: SocketAddress
    /// The host name in the configuration; empty: it is written as an address.
    var name: String
  }

  var group: SocketAddress?
  var peers: [Peer] = []
  var peersOnly = false
  /// What datagrams come from that are this port's own, if their source port is too.
  var ownAddresses: [IPAddress] = []
  var makesRuns = true
  /// Bytes of the longest datagram that leaves this host in one piece, VXLAN header included.
  var longestSegment = 0
  /// Bytes of the longest frame that passes in one piece.
  var wholeFrame = 0
}

/// What the forwarding thread is to take over, and what the host is to be told then.
final class VXLANChange {
  /// New sockets; nil: those in force stay.
  var senders: SenderPool?
  /// nil: nothing to change.
  var plan: VXLANPlan?
  /// Whether the port is a member elsewhere now, which the forwarding thread need not know.
  var changesMembership = false
  let state: PortState

  init(state: PortState) { self.state = state }

  /// Whether the host is to commit, and then asks again what is to be kept of the port.
  var needsCommit: Bool { senders != nil || plan != nil || changesMembership }
}

/// The sockets that a port sends from. Each has a source port of its own.
final class SenderPool {
  /// How many share the flows. One more sends what stays whole.
  static let flows = 8
  static let count = flows + 1

  let sockets: [Box<Descriptor>]
  let ports: [UInt16]

  init(sockets: [Box<Descriptor>], ports: [UInt16]) {
    self.sockets = sockets
    self.ports = ports
  }

  /// The sockets' numbers.
  var numbers: [Int32] { sockets.map { $0.value.number } }
}
