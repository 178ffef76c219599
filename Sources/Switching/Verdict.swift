/// What is to be done with a frame.
package enum Verdict: Equatable, Sendable {
  /// It goes out by this port, to this remote.
  case unicast(PortIndex, Remote)
  /// It goes out by every port of ``Switch/floodTargets(from:)``, to everyone.
  case flood
  /// It ends here, and has been counted.
  case drop(DropReason)
}
