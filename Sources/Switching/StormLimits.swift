/// How many frames a port may bring in within a second that go to all ports, by why they do; 0: any number.
package struct StormLimits: Hashable, Sendable, BitwiseCopyable {
  /// To ff:ff:ff:ff:ff:ff.
  package var broadcast: UInt32
  /// To any other group address.
  package var multicast: UInt32
  /// To a station that is not known.
  package var unknown: UInt32

  package init(broadcast: UInt32 = 0, multicast: UInt32 = 0, unknown: UInt32 = 0) {
    self.broadcast = broadcast
    self.multicast = multicast
    self.unknown = unknown
  }
}
