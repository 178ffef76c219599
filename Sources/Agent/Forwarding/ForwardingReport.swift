import CTransport
import TransportHost

/// What a forwarding thread tells the control thread: fixed in size, so that telling allocates nothing.
package struct ForwardingReport: BitwiseCopyable, Sendable {
  package enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// The port's state has changed.
    case state
    /// A plugin wants to say something.
    case log
    /// A MAC address moves between two ports again and again.
    case flap
    /// A plugin broke a rule of the ABI; `text` says which.
    case misbehaviour
    /// A datagram door's sender wants a port; `client` says who.
    case clientArrived
    /// A guest port brings in datagrams of a trunk, `otherPort`.
    case ownUnderlay
    /// A port brings in more frames to all ports than it may; `value` is the raw value of the `DropReason`.
    case storm
  }

  package var kind: Kind
  /// Number of the port it is about.
  package var port: UInt32
  /// `UMBEL_STATE_*`, for `state`; a syslog priority, for `log`; see `storm`.
  package var value: UInt32 = 0
  /// `log`: `UMBEL_CONDITION_*`; 0: none that is known by a kind.
  package var condition: UInt32 = 0
  package var error: Int32 = 0
  package var largestFrame: UInt32 = 0
  /// `state`: bytes of the longest frame that leaves this host in one piece; 0: the transport cannot keep one whole.
  package var probeLimit: UInt32 = 0
  /// `flap`: the other port; address and VLAN. `ownUnderlay`: the trunk.
  package var otherPort: UInt32 = 0
  package var macAddress: UInt64 = 0
  package var vlan: UInt16 = 0
  /// `clientArrived`.
  package var client = DatagramClient()
  package var text = ReportText()
  /// `log`: who is behind it.
  package var peer = PeerText()

  package init(kind: Kind, port: UInt32) {
    self.kind = kind
    self.port = port
  }

  /// What a plugin wants to say.
  init(_ text: UnsafePointer<CChar>, priority: UInt32, of port: UInt32) {
    self.init(kind: .log, port: port)
    value = priority
    self.text = unsafe ReportText(cString: text)
  }

  /// A plugin's condition; one without text says nothing.
  init(_ condition: umbel_condition, of port: UInt32) {
    self.init(kind: .log, port: port)
    value = unsafe condition.priority
    self.condition = unsafe condition.kind
    error = unsafe condition.error
    text = unsafe ReportText(cString: condition.text)
    peer = unsafe PeerText(cString: condition.peer)
  }
}

/// A sender of a datagram door, as its transport announces it.
package struct DatagramClient: BitwiseCopyable, Sendable {
  package var user: UInt32 = 0
  package var group: UInt32 = 0
  /// 0: not known.
  package var process: Int32 = 0
  /// The address of the transport's own state of the client; to be handed to `open` or `abandon` once.
  package var state: UInt = 0

  package init() {}
}

package typealias ReportText = FixedText<240>
package typealias PeerText = FixedText<64>

/// Text of less than `capacity` bytes without allocation; what is longer is cut.
@safe
package struct FixedText<let capacity: Int>: BitwiseCopyable, Sendable {
  private var bytes = InlineArray<capacity, UInt8>(repeating: 0)

  package init() {}

  package init(_ text: StaticString) {
    text.withUTF8Buffer { buffer in
      for index in 0..<min(buffer.count, capacity - 1) { bytes[index] = unsafe buffer[index] }
    }
  }

  /// Copies a text ended by NUL; nil gives an empty one.
  package init(cString: UnsafePointer<CChar>?) {
    guard let cString = unsafe cString else { return }
    var index = 0
    while index < capacity - 1, unsafe cString[index] != 0 {
      bytes[index] = UInt8(bitPattern: unsafe cString[index])
      index += 1
    }
  }

  /// The text, fit to be shown.
  package var string: String { PluginText.printable((0..<capacity).map { bytes[$0] }) }
}
