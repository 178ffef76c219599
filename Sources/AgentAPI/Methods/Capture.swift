/// Records the frames of a LAN for the caller, until the connection ends.
package enum Capture: AgentMethod {
  package static let name = MethodName.capture

  package struct Parameters: MethodParameters {
    /// Name of the LAN.
    package var lan: String
    /// Names; nil: all.
    package var ports: [String]?
    /// Bytes of each frame that are kept, 64 to 65,535; nil: all.
    package var snaplen: Int?
    /// Of the ring; nil: 4 MiB.
    package var bytes: Int?
    /// Nil: all frames.
    package var filter: FrameFilter?

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case lan, ports, snaplen, bytes, filter
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(
      lan: String, ports: [String]? = nil, snaplen: Int? = nil, bytes: Int? = nil, filter: FrameFilter? = nil
    ) {
      self.lan = lan
      self.ports = ports
      self.snaplen = snaplen
      self.bytes = bytes
      self.filter = filter
    }
  }

  package struct Reply: Codable, Hashable, Sendable {
    /// Index among the descriptors of the message: a ring, as `RingLayout` of module `Recording` describes it.
    package var descriptor: Int
    /// One that comes later is found by `ListPorts`.
    package var ports: [CapturePort]
    /// Why frames ended, each at the place of its code.
    package var reasons: [String]

    package init(descriptor: Int, ports: [CapturePort], reasons: [String]) {
      self.descriptor = descriptor
      self.ports = ports
      self.reasons = reasons
    }
  }
}
