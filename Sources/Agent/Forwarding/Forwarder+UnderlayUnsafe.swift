import CTransport
import Ethernet
import LinuxIO
import Switching

// A guest port whose TAP is in a bridge with the interface of the underlay brings in the trunk's own datagrams. Each
// would be carried by the trunk as a datagram that comes in again, and with a second host there are two of them the next
// time: one became 138,652 in a second. It does not matter who sent it, nor which LAN's trunk it belongs to.

extension Forwarder {
  /// Time between two records about the same port.
  private static let reportInterval: UInt64 = 600_000_000_000

  /// Looks for these datagrams from now on.
  func watch(_ table: UnderlayTable) {
    unsafe state.pointee.underlay = table
    for index in unsafe 0..<state.pointee.portList.count {
      let port = unsafe state.pointee.portList[index]
      unsafe port.pointee.watchesUnderlay = port.pointee.role == .guest && table.isUsed
    }
  }

  /// Drops a frame of a guest port if it is a datagram of a trunk, or a later fragment of what may be one.
  /// - Returns: whether it did.
  // Not inlined: only what may be UDP comes here.
  @inline(never)
  func dropsOwnUnderlay(
    _ frame: UnsafeMutablePointer<umbel_frame>, from port: UnsafeMutablePointer<PortContext>
  ) -> Bool {
    guard let destination = unsafe destination(of: frame),
      let trunk = unsafe state.pointee.underlay.trunk(for: destination)
    else { return false }
    unsafe port.pointee.counters.countReceived(bytes: Int(frame.pointee.length))
    unsafe port.pointee.counters.countDrop(.ownUnderlay)
    unsafe state.pointee.way.end(DropReason.ownUnderlay.rawValue)
    let now = unsafe state.pointee.now
    if unsafe port.pointee.nextUnderlayReport <= now {
      var report = unsafe ForwardingReport(kind: .ownUnderlay, port: port.pointee.number)
      report.otherPort = trunk
      if unsafe state.pointee.channel.report(report) {
        unsafe port.pointee.nextUnderlayReport = now + Self.reportInterval
      }
    }
    return true
  }

  private func destination(of frame: UnsafeMutablePointer<umbel_frame>) -> DatagramDestination? {
    // Scratch memory is free: no port has been given the frame yet.
    let space = unsafe state.pointee.scratch.bytes.baseAddress!
    let (head, length) = unsafe head(of: frame, DatagramDestination.mostHeaderBytes, space: space)
    return unsafe DatagramDestination(head, length: length)
  }
}
