import Glibc
import LinuxIO
import TransportKit

/// What the forwarding thread is to take over, and what the host is to be told then.
///
/// A class, because the optimizer of Swift 6.3.1 does not come to an end on an optional noncopyable property of a class.
final class MulticastChange {
  var receiver: Descriptor?
  var sender: Descriptor?
  /// Where the new sender sends from.
  var source: SocketAddress?
  /// Whether the sockets in force are to be closed without others.
  var closesSockets = false
  /// Whose frames are taken from now on; nil: as before.
  var accepts: AcceptedSenders?
  /// Bytes of the longest datagram that may be in a run, from now on; nil: as before.
  var longestSegment: Int?
  /// Live options that have changed.
  var tuning: MulticastTuning?
  /// For the administrator, each to be said once in the life of the port.
  var warnings: [String] = []
  /// What has to be set up on this host, with the command; in the same way.
  var tasks: [String] = []
  let state: PortState

  init(state: PortState) { self.state = state }

  var changesForwarding: Bool {
    receiverNumber >= 0 || senderNumber >= 0 || closesSockets || accepts != nil || longestSegment != nil
      || tuning != nil
  }

  /// The new receiver's number, -1 without one.
  var receiverNumber: Int32 {
    switch receiver {
    case .some(let descriptor): descriptor.number
    case nil: -1
    }
  }

  /// The new sender's number, -1 without one.
  var senderNumber: Int32 {
    switch sender {
    case .some(let descriptor): descriptor.number
    case nil: -1
    }
  }
}

/// What may change while the sockets stay.
struct MulticastTuning: Equatable {
  /// TTL or hop limit.
  var hops: Int32
  /// For each socket.
  var bufferBytes: Int
  /// Whether datagrams are sent in runs (UDP_SEGMENT).
  var makesRuns: Bool
  /// Whether they may come in merged (UDP_GRO).
  var merges: Bool
}

/// Why frames cannot pass now.
struct MulticastObstacle: Error {
  let text: String
  var code: Int32 = 0
  /// Whether what is in force stays so, because the kernel keeps its membership.
  var keepsSockets = true

  /// The kernel does not answer.
  init(asking error: Errno) {
    text = "cannot ask the kernel about interfaces: \(error)"
    code = error.code
  }

  init(text: String, code: Int32 = 0, keepsSockets: Bool = true) {
    self.text = text
    self.code = code
    self.keepsSockets = keepsSockets
  }
}

/// The network below a port, as its role has it. Control thread only.
protocol MulticastSide {
  var sockets: MulticastSockets { get set }

  /// Compares the network with what is in force and makes what is missing.
  mutating func evaluate() -> MulticastChange

  /// Undoes what was done to the host; the sockets are the forwarding thread's.
  mutating func close()
}
