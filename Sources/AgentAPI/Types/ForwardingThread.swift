/// A thread that moves frames.
package struct ForwardingThread: Codable, Hashable, Sendable {
  /// Counted from 0.
  package var index: Int
  /// Names of the LANs it runs.
  package var lans: [String]
  /// Whether it answered within the deadline.
  package var responding: Bool

  package init(index: Int, lans: [String], responding: Bool) {
    self.index = index
    self.lans = lans
    self.responding = responding
  }
}
